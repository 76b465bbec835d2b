package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/judge"
	"github.com/splitvote/splitvote/store"
)

func shrinkCommand() *cobra.Command {
	s := shrinker{limit: 50 * time.Second}
	cmd := &cobra.Command{
		Use:   "shrink RUN",
		Short: "make a failing run small: fewer faults, calls and nodes, less time, the same sort of violation",
		Long: `Shrink repeats a failing run of the simulator hundreds of times, each time with something left out, and keeps the smallest plan
that still ends in the same sort of violation. The plan is run once more and stored as a run of its own, which replay repeats.

Of a run on another backend, and of any other history, it keeps the calls that show a violation by themselves. Nothing that a read
needs is left out: a value that the whole history does not explain is not explained by a part.`,
		Args: exactly(1, "a run: its directory, or latest, or a history"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.store, "store", "runs", "directory of the runs")
	f.DurationVar(&s.limit, "for", s.limit, "how long to go on at most")
	f.StringVar(&s.model, "model", "", "what a history that is no run's is judged by")
	f.StringVar(&s.out, "out", "", "file for the smaller history (default: beside it)")
	f.BoolVar(&s.json, "json", false, "print the result as JSON")
	return cmd
}

// shrinker is splitvote shrink with its flags.
type shrinker struct {
	store, model, out string
	limit             time.Duration
	json              bool
}

func (s *shrinker) run(ctx context.Context, name string, out, errs io.Writer) error {
	found, err := findRun(s.store, name)
	if err != nil {
		return err
	}
	if found.Dir == nil {
		return s.history(ctx, found.History, out, errs)
	}
	p, err := experiment.PlanOf(found.Dir)
	if err != nil {
		return err
	}
	if p, err = experiment.Complete(p); err != nil {
		return err
	}
	if p.Backend != "sim" {
		return s.history(ctx, found.History, out, errs) // it cannot be repeated exactly
	}
	small, err := experiment.Shrink(ctx, p, s.limit, errs)
	if err != nil {
		return err
	}
	r := runner{count: 1, store: s.store, json: s.json}
	return r.run(ctx, small, out, io.Discard)
}

// history keeps the calls of a recorded history that show a violation. The user can stop it at any
// moment, with the exit status of check.
func (s *shrinker) history(ctx context.Context, name string, out, errs io.Writer) error {
	return stoppable(ctx, out, errs, func(w *work) error { return s.reduce(ctx, name, w) })
}

// reduce does the work of history.
func (s *shrinker) reduce(ctx context.Context, name string, out *work) error {
	out.now("%s is not read to its end, and nothing is decided", name)
	h, err := judge.Read(ctx, name, "auto", nil)
	if err != nil {
		return err
	}
	out.now("%d events of %s are read, and nothing is decided", len(h.Ops), name)
	model, level := s.model, ""
	if p, err := experiment.PlanOf(&store.Dir{Path: filepath.Dir(name)}); err == nil && model == "" {
		if t, err := experiment.Load(p.Target); err == nil && t.Target != nil {
			x := t.Experiment(p)
			model, level = x.Workload.Model, x.Level()
		}
	}
	part, witness, model, err := judge.Reduce(ctx, name, h, model, level, s.limit, func(v checker.Verdict) {
		out.decided(v)
		out.now("the history is %v; no smaller one is written", v)
	})
	if err != nil {
		return err
	}
	var text bytes.Buffer
	recorder := history.NewRecorder(&text)
	for _, op := range part.Ops {
		if _, err := recorder.Record(op); err != nil {
			return failed(err)
		}
	}
	to := s.out
	if to == "" {
		to = strings.TrimSuffix(strings.TrimSuffix(name, ".edn"), ".jsonl") + "-shrunk.jsonl"
	}
	if err := os.WriteFile(to, text.Bytes(), 0o644); err != nil {
		return failed(err)
	}
	fmt.Fprintf(out, "INVALID  %s\n\n  %s\n", to, witness.Summary)
	for _, c := range witness.Why {
		fmt.Fprintf(out, "    %s\n", c.Text)
	}
	check := fmt.Sprintf("splitvote check %s --model %s", to, model)
	if level != "" && level != levels.Of(model)[0] {
		check += " --consistency " + level
	}
	fmt.Fprintf(out, "\n  %d calls of %d\n  judge  %s\n", len(part.Calls()), len(h.Calls()), check)
	return verdictExit(checker.Invalid)
}
