package judge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/report"
	"github.com/splitvote/splitvote/workloads"
)

// Options are how a history is judged. The zero values of Model and Consistency leave them to what
// the history tells, and to the strongest level.
type Options struct {
	Model, Consistency string
	Format             string // of the file
	Engine             string // that decides linearizability
	Initial            Initial
	Timeout            time.Duration // of the judgement; afterwards it is unknown
	Settle             time.Duration // that replicas may differ after the last fault and update; below 0: the default
	Memory             plan.Bytes    // that searching may hold, and events of a pipe
}

// Known hears what is known so far, as fmt.Printf does.
type Known func(format string, args ...any)

// Judged is a history with what was found of it.
type Judged struct {
	Run    *report.Run
	Online bool // the history was too long to keep: it is judged, and nothing more is told of it

	limited context.Context
	cancel  context.CancelFunc
	weaker  []weak.Option
}

// Close ends the time limit of the judgement.
func (j *Judged) Close() { j.cancel() }

// Grade adds to an invalid history which weaker levels it has. It may take as long as the
// judgement.
func (j *Judged) Grade(ctx context.Context) error {
	levels.Grade(j.limited, j.Run.Workload, &j.Run.Result, j.Run.History, j.weaker...)
	if ctx.Err() != nil {
		return failure.ErrStopped
	}
	return nil
}

// File reads a history and judges it; "-" is in, which is judged while it comes.
func (o Options) File(ctx context.Context, file string, in io.Reader, now Known) (*Judged, error) {
	if o.Timeout <= 0 {
		return nil, failure.Usage(fmt.Errorf("--checker-timeout: %v is not more than 0s", o.Timeout))
	}
	if o.Memory == 0 {
		o.Memory = 4 << 30
	}
	now("%s is not read to its end, and nothing is decided", file)
	read := func() (*history.History, error) { return Read(ctx, file, o.Format, in) }
	var came *pipe
	if file == "-" {
		came = newPipe(o.Model, o.Consistency, o.Initial.Initial, int64(o.Memory))
		read = func() (*history.History, error) { return came.history(ctx, in, o.Format) }
	}
	h, err := read()
	if err != nil {
		return nil, err
	}
	if came != nil && came.full {
		run := &report.Run{
			Name:     file,
			Workload: came.watched,
			Result:   came.result(),
			History:  h,
			Version:  build.Version(),
		}
		return &Judged{Run: run, Online: true, cancel: func() {}}, nil
	}
	now("%d events of %s are read, and nothing is decided", len(h.Ops), file)
	return o.History(ctx, file, h)
}

// History judges a history that file names.
func (o Options) History(ctx context.Context, file string, h *history.History) (*Judged, error) {
	h.Initial = h.Initial.Override(o.Initial.Initial)
	h = history.SplitTuples(h)
	for _, key := range h.Keys() { // which tuples may have named
		if err := h.Initial.Ambiguous(key); err != nil {
			return nil, failure.Usage(fmt.Errorf("%s: %w", file, err))
		}
	}
	judged, err := o.modelOf(file, h)
	if err != nil {
		return nil, err
	}
	if err := CheckLevel("--consistency", judged, o.Consistency); err != nil {
		return nil, err
	}
	if o.Consistency == "" && h.Unordered {
		o.Consistency = "serializable" // the strictest level that asks for no order of sessions or times
	}
	if err := checkInitial(judged, h.Initial); err != nil {
		where := file
		if o.Initial.Given() {
			where = "--initial"
		}
		return nil, failure.Usage(fmt.Errorf("%s: %w", where, err))
	}
	by, err := levels.Judge(
		judged,
		o.Consistency,
		linear.Options{Engine: linear.Engine(o.Engine), Memory: int64(o.Memory)},
		true,
		o.weaker()...)
	if err != nil {
		return nil, failure.Usage(err)
	}
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	all := checker.All("all", by, checker.Liveness{}, checker.Stats{}, checker.Availability{}, someCall{})
	run := &report.Run{
		Name:     file,
		Workload: judged,
		Result:   checker.Safe(limited, all, h),
		History:  h,
		Version:  build.Version(),
	}
	run.Check = "splitvote check " + file + " --model " + judged + o.Initial.flags()
	if o.Consistency != "" {
		run.Check += " --consistency " + o.Consistency
		if o.Settle >= 0 {
			run.Check += " --settle " + o.Settle.String()
		}
		if o.Consistency != levels.Of(judged)[0] {
			run.Notes = append(run.Notes, levels.JudgedAs(o.Consistency, judged))
		}
	}
	if ctx.Err() != nil && run.Result.Verdict == checker.Unknown {
		cancel()
		return nil, failure.ErrStopped
	}
	return &Judged{Run: run, limited: limited, cancel: cancel, weaker: o.weaker()}, nil
}

// weaker are the settings of the weaker levels that were given.
func (o Options) weaker() []weak.Option {
	if o.Settle < 0 {
		return nil
	}
	return []weak.Option{weak.Settle(o.Settle)}
}

// modelOf is the model that was asked for, or that of the plan beside the file, or that to which
// the calls belong.
func (o Options) modelOf(file string, h *history.History) (string, error) {
	if o.Model != "" {
		if slices.Contains(levels.ModelNames(), o.Model) {
			return o.Model, nil
		}
		return "", failure.Usage(
			fmt.Errorf("--model: no such model: %q", o.Model),
			plan.Suggest(o.Model, levels.ModelNames()),
		)
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
		return "", failure.Usage(errors.New(file + ": no client calls anything in it"))
	}
	if len(possible) > 1 {
		return "", failure.Usage(
			fmt.Errorf("%s: the calls and their results do not tell which model they belong to: it may be %s", file,
				strings.Join(possible, " or ")),
			"name it with --model",
		)
	}
	return "", failure.Usage(
		errors.New(file+": the calls do not tell which model they belong to"),
		"name it with --model: "+strings.Join(levels.ModelNames(), ", "),
	)
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
	return checker.Result{
		Verdict: checker.Unknown,
		Cause:   checker.TooLittle,
		Reason:  "too little to judge by: no call succeeded",
		Decide:  "a history in which some call succeeds",
	}
}

// CheckLevel says what is wrong with a consistency level for a model; where says who named it.
func CheckLevel(where, modelName, level string) error {
	err := levels.Check(modelName, level)
	switch {
	case err == nil:
		return nil
	case slices.Contains(levels.All(), level):
		return failure.Usage(fmt.Errorf("%s: %w", where, err))
	}
	return failure.Usage(fmt.Errorf("%s: %w", where, err), plan.Suggest(level, levels.All()))
}
