package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
)

// formats are the values of --format.
func formats() []string {
	var names []string
	for _, f := range history.Formats() {
		names = append(names, string(f))
	}
	return names
}

// readHistory reads a history from a file, or from in where name is "-". The error is one line that
// begins with the name, or failure.ErrStopped once ctx has ended.
func readHistory(ctx context.Context, name, format string, in io.Reader) (*history.History, error) {
	known, err := history.ParseFormat(format)
	if err != nil {
		return nil, usage(fmt.Errorf("--format: %w", err))
	}
	size := int64(0)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage(failure.File(name, err))
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			if info.IsDir() {
				return nil, usage(fmt.Errorf("%s: it is a directory", name), "the history of a run is its history.jsonl")
			}
			size = info.Size()
		}
		in = polledFile{f, ctx}
	} else {
		in = polled{in, ctx}
	}
	collectLater(size)
	h, err := history.Decode(in, known)
	if ctx.Err() != nil {
		return nil, failure.ErrStopped
	}
	if err != nil {
		return nil, unreadable(name, err)
	}
	return h, nil
}

// unreadable says what is wrong with a history, and which flag reads it as something else.
func unreadable(name string, err error) error {
	return usage(fmt.Errorf("%s: %w", name, err),
		"--format reads it as another form: "+strings.Join(formats()[1:], ", ")+"; docs/history-format.md describes them")
}

// planBeside is the plan that lies beside a history in a run's directory, if there is one.
func planBeside(historyFile string) (plan.Plan, bool) {
	p, err := experiment.ReadPlan(filepath.Join(filepath.Dir(historyFile), "plan.yaml"), plan.Default())
	return p, err == nil && historyFile != "-"
}
