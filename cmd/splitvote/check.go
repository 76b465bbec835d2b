package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/report"
	"github.com/splitvote/splitvote/workloads"
)

func checkCommand() *cobra.Command {
	var c check
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "judge a recorded history (JSON lines, or Jepsen's EDN); - is standard input, judged as it comes",
		Args:  exactly(1, "the history's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return stoppable(cmd.Context(), cmd.OutOrStdout(), func(w *work) error {
				return c.run(cmd.Context(), args[0], cmd.InOrStdin(), w)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.model, "model", "", "what the history should be a history of: "+strings.Join(levels.ModelNames(), ", ")+
		" (default: of the run's plan, or told by the calls)")
	f.StringVar(&c.consistency, "consistency", "", "what the history should be: "+strings.Join(levels.All(), ", ")+
		" (default: the strongest of the model)")
	f.StringVar(&c.format, "format", "auto", "format of the file: "+strings.Join(formats(), ", "))
	f.Var(&c.initial, "initial", "what every object holds before any call, in JSON, or KEY=VALUE for one key; may be repeated (default: of the file's header, or the model's)")
	f.StringVar(&c.engine, "engine", "auto", "how to decide: auto, search, porcupine")
	f.DurationVar(&c.timeout, "checker-timeout", time.Minute, "give up after this long, with unknown")
	f.Var(bytesFlag{&c.memory}, "checker-memory", "that searching may hold, and events of standard input, as 2GiB; beyond it, unknown (default 4GiB)")
	f.DurationVar(&c.settle, "settle", -1, "that replicas may differ after the last fault and update: later reads are final (eventual only)")
	f.BoolVar(&c.json, "json", false, "print the result as JSON")
	f.StringVar(&c.html, "html", "", "also write a report to this file")
	return cmd
}

type check struct {
	model, consistency, format, engine, html string
	initial                                  initialFlag
	timeout, settle                          time.Duration
	memory                                   plan.Bytes
	json                                     bool
}

// run reads the history, judges it, and prints the verdict as soon as it is known; then it grades
// an invalid history, which may take as long again.
func (c check) run(ctx context.Context, file string, in io.Reader, w *work) error {
	if c.timeout <= 0 {
		return usage(fmt.Errorf("--checker-timeout: %v is not more than 0s", c.timeout))
	}
	if c.memory == 0 {
		c.memory = 4 << 30
	}
	w.now("%s is not read to its end, and nothing is decided", file)
	read := func() (*history.History, error) { return readHistory(ctx, file, c.format, in) }
	var came *pipe
	if file == "-" {
		came = newPipe(c.model, c.consistency, c.initial.Initial, int64(c.memory))
		read = func() (*history.History, error) { return came.history(ctx, in, c.format) }
	}
	h, err := read()
	if err != nil {
		return err
	}
	if came != nil && came.full {
		run := &report.Run{Name: file, Workload: came.watched, Result: came.result(), History: h, Version: build.Version()}
		if err := printRun(w, run, c.json); err != nil {
			return failed(err)
		}
		return verdictExit(run.Result.Verdict)
	}
	w.now("%d events of %s are read, and nothing is decided", len(h.Ops), file)
	h.Initial = h.Initial.Override(c.initial.Initial)
	h = history.SplitTuples(h)
	for _, key := range h.Keys() { // which tuples may have named
		if err := h.Initial.Ambiguous(key); err != nil {
			return usage(fmt.Errorf("%s: %w", file, err))
		}
	}
	judged, err := c.modelOf(file, h)
	if err != nil {
		return err
	}
	if err := experiment.CheckLevel("--consistency", judged, c.consistency); err != nil {
		return err
	}
	if c.consistency == "" && h.Unordered {
		c.consistency = "serializable" // the strictest level that asks for no order of sessions or times
	}
	if err := checkInitial(judged, h.Initial); err != nil {
		where := file
		if c.initial.Given() {
			where = "--initial"
		}
		return usage(fmt.Errorf("%s: %w", where, err))
	}
	judge, err := levels.Judge(judged, c.consistency, linear.Options{Engine: linear.Engine(c.engine), Memory: int64(c.memory)}, true, c.weaker()...)
	if err != nil {
		return usage(err)
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	all := checker.All("all", judge, checker.Liveness{}, checker.Stats{}, checker.Availability{}, someCall{})
	run := &report.Run{Name: file, Workload: judged, Result: checker.Safe(limited, all, h), History: h, Version: build.Version()}
	run.Check = "splitvote check " + file + " --model " + judged + c.initial.flags()
	if c.consistency != "" {
		run.Check += " --consistency " + c.consistency
		if c.settle >= 0 {
			run.Check += " --settle " + c.settle.String()
		}
		if c.consistency != levels.Of(judged)[0] {
			run.Notes = append(run.Notes, levels.JudgedAs(c.consistency, judged))
		}
	}
	if ctx.Err() != nil && run.Result.Verdict == checker.Unknown {
		return failure.ErrStopped
	}
	return c.tell(ctx, limited, run, w)
}

// tell prints the run. In text the verdict comes before the grade and the report; JSON is one document.
func (c check) tell(ctx, limited context.Context, run *report.Run, w *work) error {
	colour := isTerminal(w.out) && os.Getenv("NO_COLOR") == ""
	if !c.json {
		if err := report.TextVerdict(w, run, colour); err != nil {
			return failed(err)
		}
	}
	w.decided(run.Result.Verdict)
	w.now("the history is %v; which weaker levels hold is open", run.Result.Verdict)
	levels.Grade(limited, run.Workload, &run.Result, run.History, c.weaker()...)
	if ctx.Err() != nil {
		return failure.ErrStopped
	}
	if c.html != "" {
		w.now("the history is %v; %s is not written", run.Result.Verdict, c.html)
		w.writing(c.html)
		if err := writeHTML(ctx, c.html, run); err != nil {
			return failed(err)
		}
		w.writing("")
		run.Report = c.html
	}
	print := report.JSON
	if !c.json {
		print = func(out io.Writer, run *report.Run) error { return report.TextRest(out, run, colour) }
	}
	if err := print(w, run); err != nil {
		return failed(err)
	}
	return verdictExit(run.Result.Verdict)
}

// weaker are the settings of the weaker levels that were given.
func (c check) weaker() []weak.Option {
	if c.settle < 0 {
		return nil
	}
	return []weak.Option{weak.Settle(c.settle)}
}

// modelOf is the model that was asked for, or that of the plan beside the file, or that to which
// the calls belong.
func (c check) modelOf(file string, h *history.History) (string, error) {
	if c.model != "" {
		if slices.Contains(levels.ModelNames(), c.model) {
			return c.model, nil
		}
		return "", usage(fmt.Errorf("--model: no such model: %q", c.model), plan.Suggest(c.model, levels.ModelNames()))
	}
	if p, ok := planBeside(file); ok {
		if w, ok := workloads.Named(p.Workload); ok && w.Model != "" {
			return w.Model, nil
		}
	}
	possible := possibleModels(h)
	if len(possible) == 1 {
		return possible[0], nil
	}
	if !slices.ContainsFunc(h.Ops, func(op history.Op) bool { return op.Process != history.Nemesis }) {
		return "", usage(errors.New(file + ": no client calls anything in it"))
	}
	if len(possible) > 1 {
		return "", usage(fmt.Errorf("%s: the calls and their results do not tell which model they belong to: it may be %s", file,
			strings.Join(possible, " or ")), "name it with --model")
	}
	return "", usage(errors.New(file+": the calls do not tell which model they belong to"), "name it with --model: "+strings.Join(levels.ModelNames(), ", "))
}

// someCall is the gate of a recorded history: one in which no call succeeded says nothing.
type someCall struct{}

func (someCall) Name() string { return "coverage" }

func (someCall) Check(_ context.Context, h *history.History) checker.Result {
	for _, c := range h.Calls() {
		if h.Invocation(c).Process != history.Nemesis && h.Kind(c) == history.Ok {
			return checker.Result{Verdict: checker.Valid}
		}
	}
	return checker.Result{Verdict: checker.Unknown, Cause: checker.TooLittle, Reason: "too little to judge by: no call succeeded",
		Decide: "a history in which some call succeeds"}
}

// printRun prints a run as a person or a program reads it.
func printRun(out io.Writer, run *report.Run, asJSON bool) error {
	if asJSON {
		return report.JSON(out, run)
	}
	return report.Text(out, run, isTerminal(out) && os.Getenv("NO_COLOR") == "")
}

func writeHTML(ctx context.Context, name string, run *report.Run) error {
	f, err := os.Create(name)
	if err != nil {
		return failure.File(name, err)
	}
	if err := report.HTML(polledWriter{f, ctx}, run); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
