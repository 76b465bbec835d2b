package local

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// child is a process that was started, and perhaps has ended.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once the process has ended and was waited for; then err says how
	err  error
	// wanted says that somebody here killed it, and asked that somebody here asked it to end.
	wanted, asked atomic.Bool
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// how says how an ended child ended.
func (c *child) how() string {
	if c.err == nil {
		return "exit status 0"
	}
	return c.err.Error()
}

// signal sends s to the child and whatever it has started. A child that has ended is not signalled:
// its number may be another's by now.
func (c *child) signal(s syscall.Signal) error {
	if c.ended() {
		return os.ErrProcessDone
	}
	return syscall.Kill(-c.pid(), s)
}

// stop asks the child to end, and ends it if it has not done so after grace.
func (c *child) stop(grace time.Duration) error {
	c.asked.Store(true)
	if err := errors.Join(c.signal(syscall.SIGTERM), c.signal(syscall.SIGCONT)); err != nil && !c.gone(err) {
		return fmt.Errorf("stop pid %d: %w", c.pid(), err)
	}
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-c.done:
		return nil
	case <-t.C:
		return c.kill()
	}
}

// kill ends the child and waits until it is gone.
func (c *child) kill() error {
	c.wanted.Store(true)
	if err := c.signal(syscall.SIGKILL); err != nil && !c.gone(err) {
		return fmt.Errorf("kill pid %d: %w", c.pid(), err)
	}
	<-c.done
	return nil
}

// gone says whether err means that the child had ended before it could be signalled.
func (c *child) gone(err error) bool {
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// launcher starts children from one thread that lives until it is closed: on Linux a child dies
// with the thread that started it, which for a goroutine's usual thread may be at any time.
type launcher struct {
	start chan func()
	ended chan struct{}
}

func newLauncher() *launcher {
	l := &launcher{make(chan func()), make(chan struct{})}
	go func() {
		defer close(l.ended)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for f := range l.start {
			f()
		}
	}()
	return l
}

// run starts cmd as the leader of a process group of its own, which a terminal's Ctrl-C does not
// reach.
func (l *launcher) run(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	started := make(chan error)
	l.start <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// close ends the thread, and with it any child that is left.
func (l *launcher) close() {
	close(l.start)
	<-l.ended
}
