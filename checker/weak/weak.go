package weak

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// The levels, none of them stronger than one before it that implies it; doc.go says what they mean.
const (
	Sequential        = "sequential"
	Causal            = "causal"
	PRAM              = "pram"
	WritesFollowReads = "writes-follow-reads"
	MonotonicWrites   = "monotonic-writes"
	MonotonicReads    = "monotonic-reads"
	ReadYourWrites    = "read-your-writes"
	Regular           = "regular"
	Safe              = "safe"
	Eventual          = "eventual"
)

// implies lists which levels follow from one; all but regular, safe and eventual follow from
// sequential.
var implies = map[string][]string{
	Sequential:        {Causal, PRAM, WritesFollowReads, MonotonicWrites, MonotonicReads, ReadYourWrites},
	Causal:            {PRAM, WritesFollowReads, MonotonicWrites, MonotonicReads, ReadYourWrites},
	PRAM:              {MonotonicWrites, MonotonicReads, ReadYourWrites},
	WritesFollowReads: {MonotonicReads},
	MonotonicWrites:   {MonotonicReads},
	Regular:           {Safe},
}

// Levels lists the levels that can be judged for a model, the strongest first; nil if there is no
// such model.
func Levels(modelName string) []string {
	switch {
	case modelName == "register" || modelName == "cas-register":
		return []string{Sequential, Causal, PRAM, WritesFollowReads, MonotonicWrites, MonotonicReads, ReadYourWrites,
			Regular, Safe, Eventual}
	case modelName == "set" || modelName == "counter" || modelName == "append-list":
		return []string{Sequential, Eventual}
	case slices.Contains(model.Names(), modelName):
		return []string{Sequential}
	}
	return nil
}

// All lists every level, the strongest first.
func All() []string { return Levels("register") }

// New is the checker of a level for a model of package model by its name. It is an error if the
// level cannot be judged for that model. A check that runs into a limit is unknown, and so is one
// of a history in which a value is written twice, for all levels but sequential.
func New(level, modelName string, opts ...Option) (checker.Checker, error) {
	levels := Levels(modelName)
	switch {
	case levels == nil:
		return nil, fmt.Errorf("no model %q, there are %s", modelName, strings.Join(model.Names(), ", "))
	case !slices.Contains(All(), level):
		return nil, fmt.Errorf("no consistency %q, there are %s", level, strings.Join(All(), ", "))
	case !slices.Contains(levels, level):
		return nil, fmt.Errorf("%s is not defined for %s, only %s", level, modelName, strings.Join(levels, ", "))
	}
	return leveled{level, modelName, apply(opts)}, nil
}

// Option is a setting of a checker of this package.
type Option func(*settings)

type settings struct {
	settle  time.Duration // after which reads are final, see Settle
	settled bool          // it is known
}

// Settle says how long after the last fault has healed, and the last update has ended, replicas may
// still differ: reads that begin later are final, beside those that the history marks so. Without
// it only marks make eventual accuse.
func Settle(settle time.Duration) Option {
	return func(s *settings) { s.settle, s.settled = settle, true }
}

func apply(opts []Option) (s settings) {
	for _, o := range opts {
		o(&s)
	}
	return s
}

type leveled struct {
	level, model string
	settings
}

func (c leveled) Name() string { return c.level }

func (c leveled) Check(ctx context.Context, h *history.History) checker.Result {
	r := c.judge(ctx, h, c.trace(h))
	for i := range r.Evidence {
		checker.Whence(h, &r.Evidence[i])
	}
	return r
}

// trace reads the history as registers, at the first call.
func (c leveled) trace(h *history.History) func() (*trace, error) {
	return sync.OnceValues(func() (*trace, error) {
		return registers(h, model.Register{CAS: c.model == "cas-register"})
	})
}

// judge is Check of a history whose trace may have been read for another level.
func (c leveled) judge(ctx context.Context, h *history.History, read func() (*trace, error)) checker.Result {
	switch c.level {
	case Sequential:
		return sequential(ctx, c.model, h)
	case Eventual:
		return eventual(c.model, h, c.settings)
	}
	if err := ctx.Err(); err != nil {
		return undecided(err)
	}
	t, err := read()
	if err != nil {
		return undecided(err)
	}
	judge := func(t *trace) checker.Result {
		if c.level == Regular || c.level == Safe {
			return realTime(t, c.level)
		}
		return byViews(ctx, t.effective(), c.level)
	}
	r := judge(t)
	if r.Verdict == checker.Valid && t.mismatches > 0 {
		return withMismatches(h, model.Register{CAS: true}, judge)
	}
	return r
}

// byViews judges a level of its views alone.
func byViews(ctx context.Context, t *trace, level string) checker.Result {
	v, err := judgeViews(ctx, t, level)
	if err != nil {
		return undecided(err)
	}
	if v == nil {
		return checker.Result{Verdict: checker.Valid, Method: "views"}
	}
	process := v.process
	return accuse(ctx, level, "views", v, func(t *trace) *violation { // the same process first, which is cheap
		again, _ := judgeView(ctx, t, level, process)
		return again
	}, func(t *trace) *violation {
		again, _ := judgeViews(ctx, t, level)
		return again
	})
}

// accuse is the result of a violation that again finds again in a smaller trace.
func accuse(ctx context.Context, level, method string, v *violation, again ...func(*trace) *violation) checker.Result {
	r := checker.Result{Verdict: checker.Invalid, Method: method, Reason: "the history is not " + called[level]}
	if _, graded := ctx.(budget); !graded {
		r.Evidence = []checker.Evidence{v.evidence(ctx, again...)}
	}
	return r
}

// called names the levels in a sentence.
var called = map[string]string{
	Sequential: "sequentially consistent", Causal: "causally consistent", PRAM: "PRAM consistent",
	WritesFollowReads: "such that writes follow reads", MonotonicWrites: "such that writes are monotonic",
	MonotonicReads: "such that reads are monotonic", ReadYourWrites: "such that clients read their own writes",
	Regular: "regular", Safe: "safe", Eventual: "converged",
}

// undecided is the result of a check that could not be made.
func undecided(err error) checker.Result {
	var twice *ambiguous
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return checker.Stopped(err)
	case errors.Is(err, errMemory):
		return checker.Result{Verdict: checker.Unknown, Cause: checker.Memory, Reason: err.Error()}
	case errors.As(err, &twice):
		return checker.Result{Verdict: checker.Unknown, Cause: checker.Ambiguous, Reason: err.Error()}
	}
	return checker.Result{Verdict: checker.Unknown, Cause: checker.Malformed, Reason: err.Error()}
}
