package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/progress"
)

// stopGrace is how long work may take to end by itself once the user has stopped it.
const stopGrace = 150 * time.Millisecond

// work is a command's long work that the user can stop at any moment. The readers and the judges
// poll its context, and end soon. A pass over memory that does not poll is abandoned after
// stopGrace: the process is about to exit, and nothing that the pass would still print gets out.
type work struct {
	out   io.Writer
	stage *progress.Stage // on a terminal

	mu      sync.Mutex
	known   string          // what is known so far, for the user who stops it
	verdict checker.Verdict // unknown before it is decided
	partial string          // a file that is being written
	left    bool            // abandoned: nothing is printed any more
}

// stoppable does work until it ends or ctx does. Stopped work says in one line what was known by
// then, and its exit status is that of the verdict: unknown before there is one.
func stoppable(ctx context.Context, out, errs io.Writer, do func(*work) error) error {
	w := newWork(out)
	w.stage = progress.Watch(errs, func() string { w.mu.Lock(); defer w.mu.Unlock(); return w.known })
	defer w.stage.Stop()
	done := make(chan error, 1)
	go func() { done <- do(w) }()
	select {
	case err := <-done:
		return w.end(err)
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return w.end(err)
	case <-time.After(stopGrace):
		return w.leave()
	}
}

func newWork(out io.Writer) *work { return &work{out: out, verdict: checker.Unknown} }

// now notes what is known.
func (w *work) now(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = fmt.Sprintf(format, args...)
}

// decided notes the verdict.
func (w *work) decided(v checker.Verdict) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.verdict = v
}

// writing notes a file that is not whole yet, "" once it is.
func (w *work) writing(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.partial = name
}

// Write prints unless the work was abandoned.
func (w *work) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left {
		return 0, failure.ErrStopped
	}
	w.stage.Clear()
	return w.out.Write(text)
}

// end is what work that ended by itself returns.
func (w *work) end(err error) error {
	if errors.Is(err, failure.ErrStopped) {
		return w.leave()
	}
	return err
}

func (w *work) leave() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = true
	if info, err := os.Lstat(w.partial); err == nil && info.Mode().IsRegular() {
		_ = os.Remove(w.partial) // half a report is worse than none, and there is nothing else to do about it
	}
	return &failure.Error{Exit: failure.ExitOf(w.verdict), Err: fmt.Errorf("%w: %s", failure.ErrStopped, w.known)}
}

// polledWriter is a writer that fails once its context has ended.
type polledWriter struct {
	io.Writer
	ctx context.Context
}

func (p polledWriter) Write(text []byte) (int, error) {
	if p.ctx.Err() != nil {
		return 0, failure.ErrStopped
	}
	return p.Writer.Write(text)
}
