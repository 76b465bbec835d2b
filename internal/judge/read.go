package judge

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
)

// Formats are the values of --format.
func Formats() []string {
	var names []string
	for _, f := range history.Formats() {
		names = append(names, string(f))
	}
	return names
}

// Read reads a history from a file, or from in where name is "-". The error is one line that
// begins with the name, or failure.ErrStopped once ctx has ended.
func Read(ctx context.Context, name, format string, in io.Reader) (*history.History, error) {
	known, err := history.ParseFormat(format)
	if err != nil {
		return nil, failure.Usage(fmt.Errorf("--format: %w", err))
	}
	size := int64(0)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, failure.Usage(failure.File(name, err))
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			if info.IsDir() {
				return nil, failure.Usage(
					fmt.Errorf("%s: it is a directory", name),
					"the history of a run is its history.jsonl",
				)
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
	return failure.Usage(
		fmt.Errorf("%s: %w", name, err),
		"--format reads it as another form: "+strings.Join(
			Formats()[1:],
			", ",
		)+"; docs/history-format.md describes them",
	)
}

// planBeside is the plan that lies beside a history in a run's directory, if there is one.
func planBeside(historyFile string) (plan.Plan, bool) {
	f, err := os.Open(filepath.Join(filepath.Dir(historyFile), "plan.yaml"))
	if err != nil || historyFile == "-" {
		return plan.Plan{}, false
	}
	defer f.Close()
	p, err := plan.Parse(f, plan.Default())
	return p, err == nil
}

// polled is a reader that fails once its context has ended.
type polled struct {
	io.Reader
	ctx context.Context
}

func (p polled) Read(to []byte) (int, error) {
	if p.ctx.Err() != nil {
		return 0, failure.ErrStopped
	}
	return p.Reader.Read(to)
}

// polledFile is polled for a file, of which readers ask the size.
type polledFile struct {
	*os.File
	ctx context.Context
}

func (p polledFile) Read(to []byte) (int, error) { return polled{p.File, p.ctx}.Read(to) }
