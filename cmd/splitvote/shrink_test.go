package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/splitvote/splitvote/internal/failure"
)

// Shrinking a history can be stopped at any of its polls. Its status is then unknown before the
// verdict and invalid after it, never that of bad input, and no file is written.
func TestShrinkStopsWithTheStatusOfTheVerdict(t *testing.T) {
	file := longHistory(t, 600)
	small := filepath.Join(t.TempDir(), "small.jsonl")
	for polls := 1; ; polls++ {
		if polls > 100_000 {
			t.Fatal("it never ends")
		}
		ctx, stopped := newCountdown(t, polls), newWork(io.Discard)
		s := shrinker{limit: 1 << 40, model: "register", out: small}
		err := stopped.end(s.reduce(ctx, file, stopped))
		if !errors.Is(err, failure.ErrStopped) {
			if !errors.As(err, new(verdictExit)) {
				t.Fatalf("after %d polls: %v, want it stopped or invalid", polls, err)
			}
			break // it ended first
		}
		var f *failure.Error
		if !errors.As(err, &f) || f.Exit != failure.ExitOf(stopped.verdict) {
			t.Fatalf("after %d polls: %v, want the status of %v", polls, err, stopped.verdict)
		}
		if _, err := os.Stat(small); err == nil {
			t.Fatalf("after %d polls, a file is written", polls)
		}
	}
}

// Interrupted while it reads, shrink exits like check.
func TestShrinkStoppedWhileReading(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	s := shrinker{limit: 1 << 40, model: "register", out: filepath.Join(t.TempDir(), "small.jsonl")}
	err := s.history(ctx, longHistory(t, 600), io.Discard, io.Discard)
	var f *failure.Error
	if !errors.As(err, &f) || f.Exit != failure.ExitUnknown {
		t.Errorf("%v, want it to be stopped with status %d", err, failure.ExitUnknown)
	}
}
