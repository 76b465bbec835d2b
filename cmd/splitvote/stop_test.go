package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/judge"
)

// countdown is a context that ends at a certain poll of its error, and counts those that follow.
type countdown struct {
	context.Context
	mu    sync.Mutex
	left  int
	after int
	ended chan struct{}
}

func newCountdown(t *testing.T, polls int) *countdown {
	return &countdown{Context: t.Context(), left: polls, ended: make(chan struct{})}
}

func (c *countdown) Done() <-chan struct{} { return c.ended }

func (c *countdown) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left > 0 {
		c.left--
		if c.left == 0 {
			close(c.ended)
		}
		return nil
	}
	c.after++
	return context.Canceled
}

// A check that is stopped at any of its polls takes few steps more. Its status is unknown, or that
// of the verdict where one is known, and one line says what is.
func TestCheckStopsAtAnyPoll(t *testing.T) {
	file := longHistory(t, 600)
	page := filepath.Join(t.TempDir(), "report.html")
	stops := map[checker.Verdict]int{}
	for polls := 1; ; polls++ {
		ctx, out := newCountdown(t, polls), newWork(io.Discard)
		err := (check{Options: judge.Options{Model: "register", Format: "auto", Engine: "auto", Timeout: 1 << 40,
			Settle: -1}, html: page}).run(ctx, file, nil, out)
		if err = out.end(err); !errors.Is(err, failure.ErrStopped) {
			if !errors.Is(err, verdictExit(checker.Invalid)) {
				t.Fatalf("%v after %d polls", err, polls)
			}
			break // it ended first
		}
		var f *failure.Error
		if !errors.As(err, &f) || f.Exit != failure.ExitOf(out.verdict) || out.known == "" {
			t.Fatalf("after %d polls: %v, want the status of %v and what is known", polls, err, out.verdict)
		}
		stops[out.verdict]++
		if ctx.after > 200 {
			t.Errorf("after %d polls, %d more followed the end", polls, ctx.after)
		}
		if _, err := os.Stat(page); err == nil {
			t.Fatalf("after %d polls, half a report is left", polls)
		}
	}
	if stops[checker.Unknown] == 0 || stops[checker.Invalid] == 0 {
		t.Errorf("stopped %v: want stops before and after the verdict", stops)
	}
}

// Work that does not poll is abandoned, and prints nothing any more.
func TestWorkThatDoesNotPollIsAbandoned(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out bytes.Buffer
	release, ended := make(chan struct{}), make(chan error)
	err := stoppable(ctx, &out, io.Discard, func(w *work) error {
		w.now("two of three calls are read")
		stop()
		<-release
		_, err := w.Write([]byte("late"))
		ended <- err
		return nil
	})
	var f *failure.Error
	if !errors.As(err, &f) || f.Exit != failure.ExitUnknown ||
		!strings.Contains(err.Error(), "stopped: two of three calls are read") {
		t.Errorf("%v, want it to be stopped, with what is known", err)
	}
	close(release)
	if err := <-ended; !errors.Is(err, failure.ErrStopped) || out.Len() > 0 {
		t.Errorf("%v, printed %q after it was abandoned", err, out.String())
	}
}

// pieces notes what was printed at once.
type pieces struct {
	bytes.Buffer
	writes []string
}

func (o *pieces) Write(text []byte) (int, error) {
	o.writes = append(o.writes, string(text))
	return o.Buffer.Write(text)
}

// The verdict with its evidence is printed by itself, before the grade.
func TestTheVerdictComesBeforeTheGrade(t *testing.T) {
	var out pieces
	c := check{Options: judge.Options{Model: "register", Format: "auto", Engine: "auto", Timeout: 1 << 40, Settle: -1}}
	if err := c.run(t.Context(), longHistory(t, 400), nil, newWork(&out)); !errors.Is(err,
		verdictExit(checker.Invalid)) {
		t.Fatal(err)
	}
	if len(out.writes) != 2 || !strings.HasPrefix(out.writes[0], "INVALID") ||
		strings.Contains(out.writes[0], "holds") || !strings.Contains(out.writes[1], "holds") {
		t.Errorf("printed %q, want the verdict first and then what holds", out.writes)
	}
}
