package service

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/splitvote/splitvote/targets/once"
)

// running is the program while it runs.
type running struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *os.File    // our end of the pipe
	lines chan []byte // its answers; closed when it has ended
	long  error       // why no more lines are read, even if it goes on; valid once lines is closed
	said  *lastLines  // on its standard error
	asked bool        // it was asked whether it is ready, and has not answered yet
	ready bool        // to make calls
	gone  bool        // it was seen to have ended
	ended sync.WaitGroup
}

// unasked returns why the program cannot be asked: it has ended, or it has written a line that
// would be taken for the answer to the next call (S3).
func (r *running) unasked() (why string) {
	select {
	case line, more := <-r.lines:
		if !more {
			return r.hasEnded()
		}
		return fmt.Sprintf("the client wrote %.200q without being asked", line)
	default:
		return ""
	}
}

// ask writes a line. It returns an error if the program does not take it.
func (r *running) ask(ctx context.Context, a asked) (why string) {
	line, err := json.Marshal(a)
	if err != nil {
		return err.Error()
	}
	// otherwise a program that does not read would block us for ever
	defer context.AfterFunc(ctx, func() { r.in.Close() })()
	if _, err := r.in.Write(append(line, '\n')); err != nil {
		return "the client does not read its input"
	}
	return ""
}

// answer reads a line, or returns why it cannot.
func (r *running) answer(ctx context.Context) (line []byte, why string) {
	select {
	case line, more := <-r.lines:
		if !more {
			return nil, r.hasEnded()
		}
		return line, ""
	case <-ctx.Done():
		return nil, ctx.Err().Error()
	}
}

// hasEnded returns why there are no more lines.
func (r *running) hasEnded() string {
	if r.long != nil {
		return fmt.Sprintf("the client's answer cannot be read: %v", r.long)
	}
	r.gone = true
	return "the client has ended"
}

// start starts a client's program as the leader of its own process group, so that its children end
// with it. If we are killed, its standard input ends.
func start(argv []string, dir, mark string) (*running, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = append(os.Environ(), mark), dir
	cmd.WaitDelay = time.Second // for children in other groups
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Not StdoutPipe: Wait closes it even if it has not been read to the end.
	out, answers, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	r := &running{cmd: cmd, in: in, out: out, lines: make(chan []byte, 1), said: &lastLines{}}
	cmd.Stdout, cmd.Stderr = answers, r.said
	err = cmd.Start()
	answers.Close()
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	r.ended.Go(func() {
		defer close(r.lines)
		scan := bufio.NewScanner(out)
		scan.Buffer(nil, once.Most)
		for scan.Scan() {
			r.lines <- append([]byte(nil), scan.Bytes()...)
		}
		if err := scan.Err(); errors.Is(err, bufio.ErrTooLong) {
			r.long = err
		}
	})
	return r, nil
}

// stop kills the program and waits until it is gone. If the program had already ended, it returns
// how.
func (r *running) stop() string {
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	_ = r.in.Close()
	_ = r.out.Close()
	for range r.lines { // its remaining lines answer no call (S3)
	}
	r.ended.Wait()
	_ = r.cmd.Wait()
	if !r.gone {
		return ""
	}
	return r.cmd.ProcessState.String()
}
