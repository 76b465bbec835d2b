package linear_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// typed is a model of package model as a user would write it.
func typed[S, In, Out any](m model.Model[S, In, Out]) linear.Type[S, In, Out] {
	return linear.Type[S, In, Out]{
		Init: m.Init(), ReadOnly: m.ReadOnly, Describe: m.Describe, Equal: m.Equal, Hash: m.Hash,
		Step: func(_ context.Context, s S, in In, out *Out) []S { return m.Step(nil, s, in, out) },
	}
}

// callsIn are the calls of a history, as a program would have them in memory.
func callsIn[S, In, Out any](t *testing.T, m model.Model[S, In, Out],
	h *history.History) (calls []linear.Call[In, Out]) {
	t.Helper()
	for _, c := range h.Calls() {
		one := linear.Call[In, Out]{Client: int(h.Invocation(c).Process), Begin: int64(c.Invoke)}
		var completion *history.Op
		switch h.Kind(c) {
		case history.Fail:
			continue
		case history.Ok:
			completion, one.End = h.Completion(c), int64(c.Complete)
		default:
			one.Pending = true
		}
		var err error
		if one.In, one.Out, err = m.Call(h.Invocation(c), completion); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, one)
	}
	return calls
}

// finals tries every order of calls: the states behind all that explain those that end before
// until, with others that began before it or without.
func finals[S, In, Out any](m model.Model[S, In, Out], calls []linear.Call[In, Out], until int64) (found []S) {
	done := make([]bool, len(calls))
	ended := func(c linear.Call[In, Out]) bool { return !c.Pending && c.End < until }
	var place func(s S)
	place = func(s S) {
		deadline, complete := until, true
		for i, c := range calls {
			if !done[i] && ended(c) {
				deadline, complete = min(deadline, c.End), false
			}
		}
		if complete && !slices.ContainsFunc(found, func(o S) bool { return m.Equal(o, s) }) {
			found = append(found, s)
		}
		for i, c := range calls {
			if done[i] || c.Begin >= deadline {
				continue
			}
			out := &calls[i].Out
			if !ended(c) {
				out = nil
			}
			done[i] = true
			for _, after := range m.Step(nil, s, c.In, out) {
				place(after)
			}
			done[i] = false
		}
	}
	place(m.Init())
	return found
}

// Types of one's own are judged as the definition judges them. The claims about the longest
// linearizable prefix hold: with one more end no order is left, the order explains the prefix, and
// the states after it are those of all its orders.
func TestOwnTypesAgreeWithBruteForce(t *testing.T) {
	ownAgrees(t, model.Register{CAS: true}, func() object { return &register{cas: true} })
	ownAgrees(t, model.Queue{}, func() object { return &queue{} })
	ownAgrees(t, model.Bag{}, func() object { return &queue{bag: true} }) // free to choose
}

func ownAgrees[S, In, Out any](t *testing.T, m model.Model[S, In, Out], newObject func() object) {
	t.Helper()
	for seed := range rounds(t, 1000) {
		r := rand.New(rand.NewPCG(uint64(seed), 21))
		shape := randomShape(r)
		shape.keys, shape.calls = 0, min(shape.calls, 6)
		h := randomHistory(r, shape, newObject)
		calls := callsIn(t, m, h)
		j := typed(m).Check(context.Background(), calls, linear.Options{})
		if valid := brute(m, h); (j.Verdict == checker.Valid) != valid || j.Verdict == checker.Unknown {
			t.Fatalf("seed %d: %v (%s), want valid %v:\n%s", seed, j.Verdict, j.Reason, valid, lines(t, h))
		}
		if len(calls) == 0 {
			continue
		}
		until := int64(len(h.Ops)) + 1
		if j.Verdict == checker.Invalid {
			ends := []int64{}
			for _, c := range calls {
				if !c.Pending {
					ends = append(ends, c.End)
				}
			}
			slices.Sort(ends)
			until = ends[slices.IndexFunc(ends, func(end int64) bool { return len(finals(m, calls, end+1)) == 0 })]
		}
		o, want := j.Objects[0], finals(m, calls, until)
		within := func(all []S) func(S) bool {
			return func(s S) bool { return !slices.ContainsFunc(all, func(o S) bool { return m.Equal(o, s) }) }
		}
		if slices.ContainsFunc(o.States, within(want)) || slices.ContainsFunc(want, within(o.States)) {
			t.Fatalf("seed %d: states %v, want %v:\n%s", seed, o.States, want, lines(t, h))
		}
		states, last := []S{m.Init()}, int64(-1)
		for at, i := range o.Order {
			c, next := calls[i], []S(nil)
			out := &calls[i].Out
			if c.Pending || c.End >= until {
				out = nil
			}
			for _, s := range states {
				next = m.Step(next, s, c.In, out)
			}
			states = next
			if last = max(last, c.Begin); out != nil && last > c.End {
				t.Fatalf("seed %d: %v: call %d comes too late at %d:\n%s", seed, o.Order, i, at, lines(t, h))
			}
		}
		if len(states) == 0 || o.Order == nil {
			t.Fatalf("seed %d: %v explains nothing:\n%s", seed, o.Order, lines(t, h))
		}
		for i, c := range calls {
			if !c.Pending && c.End < until && !slices.Contains(o.Order, i) {
				t.Fatalf("seed %d: %v lacks %d:\n%s", seed, o.Order, i, lines(t, h))
			}
		}
	}
}

// A Step that sees its context ends with it, and one that does not is left behind.
func TestOwnStepThatHangs(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for name, wait := range map[string]func(context.Context) <-chan struct{}{
		"sees its context": func(ctx context.Context) <-chan struct{} { return ctx.Done() },
		"sees nothing":     func(context.Context) <-chan struct{} { return release },
	} {
		t.Run(name, func(t *testing.T) {
			hangs := linear.Type[int, int, int]{Step: func(ctx context.Context, s, _ int, _ *int) []int {
				<-wait(ctx)
				return []int{s}
			}}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
			defer cancel()
			j := hangs.Check(ctx, make([]linear.Call[int, int], 2000), linear.Options{})
			if j.Verdict != checker.Unknown || j.Cause != checker.Timeout {
				t.Errorf("%v, %s", j.Verdict, j.Reason)
			}
		})
	}
}

// A faulty type or call is reported, and nothing is judged.
func TestOwnTypesThatCannotBeJudged(t *testing.T) {
	step := func(_ context.Context, s []int, _ int, _ *int) [][]int { return [][]int{s} }
	for want, j := range map[string]linear.Judgement[[]int]{
		"a type needs Step": linear.Type[[]int, int, int]{}.Check(context.Background(), nil, linear.Options{}),
		"a type whose states are []int needs Equal, as == does not compare them": linear.Type[[]int, int,
			int]{Step: step}.Check(
			context.Background(), nil, linear.Options{}),
		"call 0 ends at 1, before it begins at 2": linear.Type[[]int, int, int]{Step: step,
			Equal: slices.Equal[[]int]}.Check(
			context.Background(), []linear.Call[int, int]{{Begin: 2, End: 1}}, linear.Options{}),
	} {
		if j.Verdict != checker.Unknown || j.Cause != checker.Malformed || j.Reason != want {
			t.Errorf("%v, %s, want %s", j.Verdict, j.Reason, want)
		}
	}
}
