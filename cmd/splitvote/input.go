package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// formats are the values of --format.
var formats = []string{"auto", "jsonl", "edn"}

// readHistory reads a history from a file, or from in where name is "-". The error is one line that begins with the name.
func readHistory(name, format string, in io.Reader) (*history.History, error) {
	if !slices.Contains(formats, format) {
		return nil, usage(fmt.Errorf("--format: no such format: %q (there are %s)", format, strings.Join(formats, ", ")))
	}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage(fileError(name, err))
		}
		defer f.Close()
		in = f
	}
	h, err := decodeHistory(bufio.NewReaderSize(in, 1<<20), format)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", name, err), "a history is one JSON event a line, as docs/history-format.md says, or Jepsen's EDN")
	}
	return h, nil
}

func decodeHistory(in *bufio.Reader, format string) (*history.History, error) {
	if format == "auto" {
		format = guessFormat(in)
	}
	if format == "edn" {
		return history.ReadEDN(in)
	}
	return history.Read(in)
}

// guessFormat tells JSON lines from EDN by the first bytes: EDN's maps begin with a keyword or a tag.
func guessFormat(in *bufio.Reader) string {
	head, _ := in.Peek(512) // a shorter file is shorter; a real error comes again with the first read
	text := strings.TrimSpace(string(head))
	brace := strings.TrimSpace(strings.TrimPrefix(text, "{"))
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "(") || strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") ||
		text != brace && strings.HasPrefix(brace, ":") {
		return "edn"
	}
	return "jsonl"
}

// fileError says what the system said of a file without saying "open" first.
func fileError(name string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// readPlan reads a plan file over base.
func readPlan(name string, base plan.Plan) (plan.Plan, error) {
	f, err := os.Open(name)
	if err != nil {
		return base, usage(fileError(name, err))
	}
	defer f.Close()
	p, err := plan.Parse(f, base)
	if err != nil {
		return base, usage(fmt.Errorf("%s: %w", name, err), "splitvote run --print-plan prints a plan with every key")
	}
	return p, nil
}

// planBeside is the plan that lies beside a history in a run's directory, if there is one.
func planBeside(historyFile string) (plan.Plan, bool) {
	p, err := readPlan(filepath.Join(filepath.Dir(historyFile), "plan.yaml"), plan.Default())
	return p, err == nil && historyFile != "-"
}

// guessModel is the model that the calls of a history belong to, "" where they could belong to several or to none.
func guessModel(h *history.History) string {
	used := map[string]bool{}
	for _, c := range h.Calls() {
		if op := h.Invocation(c); op.Process != history.Nemesis {
			used[op.F] = true
		}
	}
	for _, m := range []struct {
		sign, model string
	}{{"cas", "cas-register"}, {"write", "register"}, {"append", "append-list"}, {"enqueue", "fifo-queue"}, {"push", "stack"},
		{"contains", "set"}, {"generate", "unique-ids"}} {
		if used[m.sign] {
			return m.model
		}
	}
	return ""
}
