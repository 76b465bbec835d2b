package live

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Reaper is a process that outlives a killed harness, just long enough to remove what the harness
// left. It holds a pipe to the harness: whatever ends the harness closes the pipe. It is told what
// to remove before that is made.
type Reaper struct {
	mu   sync.Mutex
	pipe io.WriteCloser
	cmd  *exec.Cmd
}

// farewell is the last line to a reaper with nothing to do.
const farewell = "done"

// StartReaper starts the program that calls Await in its own session, which neither a terminal nor
// a signal to the harness's group reaches, and without any of the harness's files.
func StartReaper(program string, args ...string) (*Reaper, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.SysProcAttr = os.TempDir(), &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("reaper: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("reaper: %w", err)
	}
	return &Reaper{pipe: pipe, cmd: cmd}, nil
}

// Note tells the reaper of something to remove if the harness dies: its kind and its name.
func (r *Reaper) Note(kind, name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := fmt.Fprintf(r.pipe, "%s %s\n", kind, name); err != nil {
		return fmt.Errorf("reaper: %w", err)
	}
	return nil
}

// Close ends the reaper, because nothing is left to remove.
func (r *Reaper) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := fmt.Fprintln(r.pipe, farewell)
	if err := errors.Join(err, r.pipe.Close(), r.cmd.Wait()); err != nil {
		return fmt.Errorf("reaper: %w", err)
	}
	return nil
}

// Note is something that a reaper is to remove.
type Note struct{ Kind, Name string }

// Await reads notes until the harness says farewell or dies; in the second case it returns what is
// to be removed.
func Await(in io.Reader) []Note {
	var notes []Note
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if lines.Text() == farewell {
			return nil
		}
		if kind, name, ok := strings.Cut(lines.Text(), " "); ok {
			notes = append(notes, Note{kind, name})
		}
	}
	return notes
}

// Reap removes what notes name until it has found nothing for a while: a killed harness may have
// requested things that a kernel or an engine makes only afterwards. After limit it gives up.
func Reap(notes []Note, quiet, limit time.Duration, remove func(Note) (found int, err error)) error {
	if len(notes) == 0 {
		return nil
	}
	again := time.NewTicker(quiet / 10)
	defer again.Stop()
	deadline, last := time.Now().Add(limit), time.Now()
	for {
		var errs []error
		for _, n := range notes {
			found, err := remove(n)
			if found > 0 || err != nil {
				last = time.Now()
			}
			errs = append(errs, err)
		}
		if now := time.Now(); now.Sub(last) >= quiet || now.After(deadline) {
			return errors.Join(errs...)
		}
		<-again.C
	}
}
