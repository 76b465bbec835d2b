package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
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

// readHistory reads a history from a file, or from in where name is "-". The error is one line that begins with the name.
func readHistory(name, format string, in io.Reader) (*history.History, error) {
	known, err := history.ParseFormat(format)
	if err != nil {
		return nil, usage(fmt.Errorf("--format: %w", err))
	}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage(fileError(name, err))
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, usage(fmt.Errorf("%s: it is a directory", name), "the history of a run is its history.jsonl")
		}
		in = f
	}
	collectLater()
	h, err := history.Decode(in, known)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", name, err), "a history is one JSON event a line, as docs/history-format.md says, or in one of the other forms of that page")
	}
	return h, nil
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
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		used[op.F] = true
		if op.F == "txn" {
			for _, f := range microOperations(op) {
				used["txn "+f] = true
			}
		}
	}
	for _, m := range []struct {
		sign, model string
	}{{"txn append", txn.ListAppend}, {"txn w", txn.RWRegister}, {"transfer", txn.Bank}, {"get", "kv"}, {"put", "kv"}, {"cas", "cas-register"},
		{"write", "register"}, {"append", "append-list"}, {"enqueue", "fifo-queue"}, {"push", "stack"}, {"contains", "set"},
		{"generate", "unique-ids"}} {
		if used[m.sign] {
			return m.model
		}
	}
	return ""
}

// microOperations names those of a transaction.
func microOperations(op *history.Op) []string {
	var all [][]any
	if json.Unmarshal(op.Value, &all) != nil {
		return nil
	}
	var names []string
	for _, one := range all {
		if len(one) > 0 {
			names = append(names, fmt.Sprint(one[0]))
		}
	}
	return names
}
