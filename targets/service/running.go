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
	out   *os.File    // the end that we read
	lines chan []byte // what it answers; closed when it has ended
	long  error       // why no more lines are read, though it may go on; of use once lines is closed
	said  *lastLines  // on its standard error
	asked bool        // whether it is ready, and it has not answered yet
	ready bool        // to make calls
	gone  bool        // it was seen to have ended
	ended sync.WaitGroup
}

// unasked says why the program can be asked nothing: it has ended, or it has written a line that
// would be taken for the answer to the next call (S3).
func (r *running) unasked() (why string) {
	select {
	case line, more := <-r.lines:
		if !more {
			return r.hasEnded()
		}
		return fmt.Sprintf("the client says %.200q, and was not asked", line)
	default:
		return ""
	}
}

// ask writes a line. It says why the program does not take it.
func (r *running) ask(ctx context.Context, a asked) (why string) {
	line, err := json.Marshal(a)
	if err != nil {
		return err.Error()
	}
	defer context.AfterFunc(ctx, func() { r.in.Close() })() // else one that does not read keeps us for ever
	if _, err := r.in.Write(append(line, '\n')); err != nil {
		return "the client does not listen"
	}
	return ""
}

// answer reads a line. It says why there is none.
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

// hasEnded says why there are no more lines.
func (r *running) hasEnded() string {
	if r.long != nil {
		return fmt.Sprintf("the client's answer cannot be read: %v", r.long)
	}
	r.gone = true
	return "the client has ended"
}

// start starts a client's program as the leader of a process group of its own, so that it ends with
// what it started. Should we be killed, its standard input ends.
func start(argv []string, dir string) (*running, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second // for what it may have started in a group of its own
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Not StdoutPipe, which Wait closes whether or not all was read.
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

// stop kills the program and waits until it is gone. It returns how a program that was seen to have
// ended did so.
func (r *running) stop() string {
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	_ = r.in.Close()
	_ = r.out.Close()
	for range r.lines { // what it still had to say is nobody's answer (S3)
	}
	r.ended.Wait()
	_ = r.cmd.Wait()
	if !r.gone {
		return ""
	}
	return r.cmd.ProcessState.String()
}
