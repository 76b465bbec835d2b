package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/judge"
	"github.com/splitvote/splitvote/internal/progress"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/store"
	"github.com/splitvote/splitvote/targets/bundled"
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
		return s.history(ctx, found.History, out)
	}
	p, err := experiment.PlanOf(found.Dir)
	if err != nil {
		return err
	}
	if p, err = experiment.Complete(p); err != nil {
		return err
	}
	if p.Backend != "sim" {
		return s.history(ctx, found.History, out) // it cannot be repeated exactly
	}
	return s.plan(ctx, p, out, errs)
}

// plan shrinks a plan of the simulator.
func (s *shrinker) plan(ctx context.Context, p plan.Plan, out, errs io.Writer) error {
	target, _ := bundled.Named(p.Target)
	x := experiment.Bundled(p.Target).Experiment(p)
	x.Terse = true
	before, err := x.Simulate(ctx, target, sim.Options{})
	if err != nil {
		return failed(err)
	}
	sign, ok := chosen(before)
	if !ok {
		return usage(fmt.Errorf("the run is %s: there is nothing to shrink", before.Result.Verdict))
	}
	tell := progress.New(errs, 0)
	tell.Say("%s on %s, %s, from %s", p.Workload, p.Target, sign, measures(p, before))
	told := time.Now()
	limited, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	work := harness.Shrinker{Target: target, Sign: sign, OnTry: func(best plan.Plan, tries int) {
		if now := time.Now(); now.Sub(told) >= tell.Every {
			told = now
			tell.Draw(fmt.Sprintf("%d tries: %d faults, %d calls before healing, %d nodes, %v", tries,
				len(best.Schedule), len(best.Calls), best.Nodes, time.Duration(best.TimeLimit).Round(time.Millisecond)))
		}
	}}
	began := time.Now()
	small, after, err := work.Shrink(limited, x, before)
	tell.Done()
	if err != nil {
		return failed(err)
	}
	tell.Say("to %s, in %d tries and %.1f s", measures(small, after), work.Tries, time.Since(began).Seconds())
	if ctx.Err() != nil {
		return failed(errors.New("stopped before the end"))
	}
	small.Name = strings.TrimSuffix(p.Name, "-shrunk") + "-shrunk"
	r := runner{count: 1, store: s.store, json: s.json}
	return r.run(ctx, small, out, io.Discard)
}

// chosen is the violation to keep: what clients saw, if they saw one, because it needs no
// knowledge of the protocol.
func chosen(o harness.Outcome) (harness.Sign, bool) {
	signs, _ := o.Signs()
	if len(signs) == 0 {
		return harness.Sign{}, false
	}
	if i := slices.IndexFunc(signs, harness.Sign.SeenByClients); i >= 0 {
		return signs[i], true
	}
	return signs[0], true
}

// measures says how large a run is.
func measures(p plan.Plan, o harness.Outcome) string {
	calls := 0
	for _, c := range o.History.Calls() {
		if o.History.Invocation(c).Process != history.Nemesis {
			calls++
		}
	}
	clients := p.Concurrency.Of(p.Nodes)
	return fmt.Sprintf("%s, %s of %s, %s, %.1f s", counted(len(o.History.Windows()), "fault"), counted(calls, "call"),
		counted(clients, "client"), counted(p.Nodes, "node"), o.Virtual.Seconds())
}

// history keeps the calls of a recorded history that show a violation. The user can stop it at any
// moment, with the exit status of check.
func (s *shrinker) history(ctx context.Context, name string, out io.Writer) error {
	return stoppable(ctx, out, func(w *work) error { return s.reduce(ctx, name, w) })
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
	if model != "" && !slices.Contains(levels.ModelNames(), model) {
		return usage(fmt.Errorf("--model: no such model: %q", model), plan.Suggest(model, levels.ModelNames()))
	}
	if model == "" {
		model = judge.Guess(h)
	}
	judge, err := levels.Judge(model, level, linear.Options{}, true)
	if err != nil {
		return usage(fmt.Errorf("%s: which model?", name), "--model says it; splitvote list models names them")
	}
	limited, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	whole := checker.Safe(limited, judge, h)
	if ctx.Err() != nil {
		return failure.ErrStopped
	}
	if whole.Verdict != checker.Invalid || len(whole.Evidence) == 0 {
		return usage(fmt.Errorf("%s: it is %s as a %s: there is nothing to shrink", name, whole.Verdict, model))
	}
	witness := whole.Evidence[0]
	part := h.Filter(func(op *history.Op) bool {
		return slices.Contains(witness.Ops, op.Index) && op.Process != history.Nemesis
	})
	out.decided(whole.Verdict)
	out.now("the history is %v; no smaller one is written", whole.Verdict)
	again := checker.Safe(limited, judge, part)
	if ctx.Err() != nil {
		return failure.ErrStopped
	}
	if again.Verdict != checker.Invalid {
		return failed(fmt.Errorf("%s: the calls %v alone are %s", name, witness.Ops, again.Verdict))
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
