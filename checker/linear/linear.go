package linear

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// New is the checker for a model of package model by its name.
func New(modelName string, opts Options) (checker.Checker, error) {
	if _, err := opts.complete(); err != nil {
		return nil, err
	}
	return named(modelName, opts)
}

// typed is a checker that knows the types which its model's name stands for.
type typed interface {
	checker.Checker
	online(history.Initial) Online
	checkInitial(history.Initial) error
	visualize(ctx context.Context, w io.Writer, part *history.History) error
}

func named(modelName string, opts Options) (typed, error) {
	switch modelName {
	case "register":
		return of[model.Value, model.RegisterCall, model.Value]{model.Register{}, opts}, nil
	case "cas-register":
		return of[model.Value, model.RegisterCall, model.Value]{model.Register{CAS: true}, opts}, nil
	case "multi-register":
		return of[model.MultiState, model.MultiCall, model.MultiResult]{model.MultiRegister{}, opts}, nil
	case "set":
		return of[[]model.Value, model.SetCall, model.SetResult]{model.Set{}, opts}, nil
	case "fifo-queue":
		return of[[]model.Value, model.QueueCall, model.Value]{model.Queue{}, opts}, nil
	case "unordered-queue":
		return of[[]model.Value, model.QueueCall, model.Value]{model.Bag{}, opts}, nil
	case "stack":
		return of[*model.List, model.QueueCall, model.Value]{model.Stack{}, opts}, nil
	case "counter":
		return of[int64, model.CounterCall, model.CounterResult]{model.Counter{}, opts}, nil
	case "mutex":
		return of[model.MutexState, model.MutexCall, model.MutexResult]{model.Mutex{}, opts}, nil
	case "fenced-mutex":
		return of[model.MutexState, model.MutexCall, model.MutexResult]{model.Mutex{Fenced: true}, opts}, nil
	case "append-list":
		return of[*model.List, model.ListCall, []model.Value]{model.AppendList{}, opts}, nil
	case "kv":
		return of[string, model.TextCall, string]{model.Text{}, opts}, nil
	case "unique-ids":
		return of[[]model.Value, model.IDCall, model.Value]{model.IDs{}, opts}, nil
	}
	return nil, fmt.Errorf("no model %q, there are %s", modelName, strings.Join(model.Names(), ", "))
}

type of[S, In, Out any] struct {
	m    model.Model[S, In, Out]
	opts Options
}

func (c of[S, In, Out]) Name() string { return name }

func (c of[S, In, Out]) Check(ctx context.Context, h *history.History) checker.Result {
	return Check(ctx, c.m, h, c.opts)
}

const name = "linearizable"

// Check judges a history against a model, each key as an object of its own (L3). The result's
// Method says what decided, its Stats count calls, keys, calls with unknown outcome, and the keys
// that are invalid or unknown.
func Check[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], h *history.History,
	opts Options) checker.Result {
	result := judgeObjects(ctx, m, opts, func() ([]object[In, Out], error) { return split(m, h) }, failures(m, h))
	for i := range result.Evidence {
		checker.Whence(h, &result.Evidence[i])
	}
	return result
}

// judgeObjects keeps the limits of opts while it reads objects, judges them and explains what is
// wrong.
func judgeObjects[S, In, Out any](
	ctx context.Context, m model.Model[S, In, Out], opts Options, read func() ([]object[In, Out], error),
	failed func(key string) []failure[In, Out],
) (result checker.Result) {
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			o := panicked(p)
			result = checker.Result{Verdict: o.verdict, Cause: o.cause, Reason: o.reason,
				Stats: map[string]any{"stack": o.stack}}
		}
		result.Checker, result.Took = name, time.Since(start)
	}()
	opts, err := opts.complete()
	if err != nil {
		return checker.Result{Verdict: checker.Unknown, Cause: checker.Malformed, Reason: err.Error()}
	}
	if opts.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.Timeout)
		defer cancel()
	}
	objects, err := read()
	if err != nil {
		return checker.Result{Verdict: checker.Unknown, Cause: checker.Malformed, Reason: err.Error()}
	}
	outcomes := judgeAll(ctx, m, objects, opts)
	result = merge(objects, outcomes)
	if result.Verdict == checker.Invalid {
		result.Evidence = explain(ctx, m, objects, outcomes, opts.Memory, failed)
	}
	return result
}

// judgeAll judges objects with a bounded number of workers.
func judgeAll[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], objects []object[In, Out],
	opts Options) []outcome {
	outcomes := make([]outcome, len(objects))
	for i := range outcomes {
		outcomes[i] = abandoned() // until it is judged
	}
	workers := max(1, min(opts.Workers, len(objects)))
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(objects) {
					return
				}
				o := judge(ctx, m, objects[i].calls, opts.Engine, opts.Memory/int64(workers))
				if why := objects[i].open; why != "" && o.verdict == checker.Valid {
					o = outcome{verdict: checker.Unknown, cause: checker.Ambiguous, reason: why, method: o.method}
				}
				outcomes[i] = o
			}
		})
	}
	group.Wait()
	return outcomes
}

// judge decides one object.
func judge[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], calls []call[In, Out], engine Engine,
	memory int64) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = panicked(p)
		}
	}()
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	if engine == Porcupine {
		return byPorcupine(ctx, m, calls, memory)
	}
	t := theoryOf(m)
	if engine == Auto {
		if o, decided := t.decide(calls); decided {
			return o
		}
		calls = t.reduce(calls)
	}
	for _, part := range t.split(calls) {
		if o = bySearch(ctx, m, part, memory); o.verdict != checker.Valid {
			return o
		}
	}
	o.method = string(Search)
	return o
}

// merge puts the outcomes of all objects together.
func merge[In, Out any](objects []object[In, Out], outcomes []outcome) checker.Result {
	var result checker.Result
	var methods, invalid, unknown []string
	var crashed *outcome // the first
	calls, pending := 0, 0
	for i, o := range outcomes {
		calls += len(objects[i].calls) - objects[i].lead
		for j := range objects[i].calls {
			if objects[i].calls[j].pending() {
				pending++
			}
		}
		if o.method != "" && !slices.Contains(methods, o.method) {
			methods = append(methods, o.method)
		}
		switch o.verdict {
		case checker.Invalid:
			invalid = append(invalid, objects[i].key)
		case checker.Unknown:
			first := crashed == nil && o.cause == checker.Panicked
			if unknown = append(unknown, objects[i].key); len(unknown) == 1 || first {
				result.Cause = o.cause
				result.Reason = undecided(&objects[i], o)
			}
			if first {
				crashed = &outcomes[i]
			}
		}
		result.Verdict = max(result.Verdict, o.verdict)
	}
	switch {
	case len(invalid) > 0 && crashed != nil: // each key is an object of its own (L3)
		result.Cause, result.Reason = "", accuse(invalid, len(objects))+"; "+result.Reason
	case len(invalid) > 0:
		result.Cause, result.Reason = "", accuse(invalid, len(objects))
	}
	slices.Sort(methods)
	result.Method = strings.Join(methods, ", ")
	result.Stats = map[string]any{"calls": calls, "pending": pending, "keys": len(objects)}
	if len(invalid) > 0 {
		result.Stats["invalid-keys"] = invalid
	}
	if len(unknown) > 0 {
		result.Stats["unknown-keys"] = unknown
	}
	if crashed != nil && crashed.stack != "" {
		result.Stats["stack"] = crashed.stack
	}
	return result
}

// undecided says why an object is not decided, how far it is known to be linearizable, and what
// would decide it.
func undecided[In, Out any](o *object[In, Out], found outcome) string {
	text := subject(o.key) + " is not decided: " + found.reason
	if found.through == 0 {
		return text
	}
	ended, all := 0, 0
	for i := range o.calls {
		if c := &o.calls[i]; !c.pending() && c.op >= 0 {
			all++
			if c.end < found.through {
				ended++
			}
		}
	}
	return fmt.Sprintf("%s; the first %d of %d completed calls are linearizable; values that are all different, or "+
		"fewer calls a key, would decide it", text, ended, all)
}

// subject names an object in a sentence.
func subject(key string) string {
	if key == "" {
		return "the history"
	}
	return "key " + key
}

// accuse is the one line of an invalid result.
func accuse(keys []string, of int) string {
	if len(keys) == 1 {
		return subject(keys[0]) + " is not linearizable"
	}
	const most = 5
	shown := strings.Join(keys[:min(most, len(keys))], ", ")
	if len(keys) > most {
		shown += " …"
	}
	return fmt.Sprintf("%d of %d keys are not linearizable: %s", len(keys), of, shown)
}
