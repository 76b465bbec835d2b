package linear

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

// byPorcupine asks Porcupine. A state is the set of states in which a nondeterministic object may
// be. Porcupine knows no context and no memory limit, and would take the program down with a panic
// of the model: all three are kept in Step, which once stopped accepts nothing, so that the search
// ends at once and its answer is thrown away. Only where the model ends Porcupine's goroutine does
// Porcupine wait for ever, and is left waiting.
func byPorcupine[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], calls []call[In, Out],
	memory int64) outcome {
	guard := &guard{ctx: ctx, left: memory, each: int64(len(calls)/8 + 160), abandoned: make(chan struct{})}
	asked := porcupineModel(m, guard)
	answer := make(chan bool, 1)
	go func() { answer <- porcupine.CheckEvents(asked, porcupineEvents(calls)) }()
	legal := false
	select {
	case legal = <-answer:
	case <-guard.abandoned:
	}
	switch stopped := guard.stopped.Load(); {
	case stopped != nil:
		stopped.method = string(Porcupine)
		return *stopped
	case legal:
		return outcome{verdict: checker.Valid, method: string(Porcupine)}
	}
	return outcome{verdict: checker.Invalid, method: string(Porcupine)}
}

// guard watches over one run of Porcupine. Every configuration that Porcupine keeps costs a bit a
// call and some words.
type guard struct {
	ctx        context.Context
	left, each int64
	stopped    atomic.Pointer[outcome]
	abandoned  chan struct{} // closed when the model has ended Porcupine's goroutine
}

// protect runs f unless the run was stopped, and stops it when f panics or a limit is reached.
func (g *guard) protect(f func()) {
	if g.stopped.Load() != nil {
		return
	}
	if g.ctx.Err() != nil {
		o := interrupted(g.ctx)
		g.stopped.Store(&o)
		return
	}
	returned := false
	defer func() {
		p := recover()
		if o := crash(returned, p); o != nil {
			g.stopped.Store(o)
		}
		if !returned && p == nil {
			close(g.abandoned)
		}
	}()
	f()
	returned = true
}

// spend accounts for one more configuration, with what its states take.
func (g *guard) spend(states int) {
	if g.left -= g.each + int64(states); g.left < 0 {
		o := outOfMemory()
		g.stopped.Store(&o)
	}
}

// porcupineModel asks m for its first state at once: Porcupine asks in a goroutine of its own.
func porcupineModel[S, In, Out any](m model.Model[S, In, Out], g *guard) porcupine.Model {
	first, size := []S{m.Init()}, model.SizeOf(m)
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, input, _ any) (ok bool, after any) {
			g.protect(func() {
				c := input.(*call[In, Out])
				var next []S
				for _, s := range state.([]S) {
					before := len(next)
					next = m.Step(next, s, c.in, c.result())
					if c.pending() && len(next) == before {
						next = append(next, s) // it never took effect
					}
				}
				next = distinct(m, next)
				if ok = len(next) > 0; ok {
					after = next
					bytes := 0
					for _, s := range next {
						bytes += size(s)
					}
					g.spend(bytes)
				}
			})
			return ok, after
		},
		Equal: func(a, b any) (equal bool) {
			g.protect(func() { equal = sameStates(m, a.([]S), b.([]S)) })
			return equal
		},
		Hash: func(state any) (h uint64) {
			g.protect(func() {
				for _, s := range state.([]S) {
					h ^= m.Hash(s)
				}
			})
			return h
		},
		DescribeOperation: func(input, _ any) string {
			c := input.(*call[In, Out])
			return m.Describe(c.in, c.result())
		},
		DescribeState: func(state any) string {
			states := state.([]S)
			if len(states) == 1 {
				return fmt.Sprint(states[0])
			}
			return fmt.Sprint(states)
		},
	}
}

// distinct keeps the first of equal states, in place.
func distinct[S, In, Out any](m model.Model[S, In, Out], states []S) []S {
	kept := states[:0]
	for _, s := range states {
		if !containsState(m, kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

func containsState[S, In, Out any](m model.Model[S, In, Out], states []S, s S) bool {
	for _, t := range states {
		if m.Equal(s, t) {
			return true
		}
	}
	return false
}

// sameStates compares sets of distinct states.
func sameStates[S, In, Out any](m model.Model[S, In, Out], a, b []S) bool {
	if len(a) != len(b) {
		return false
	}
	for _, s := range a {
		if !containsState(m, b, s) {
			return false
		}
	}
	return true
}

// porcupineEvents lists invocations and completions in their order; unknown outcomes come last.
func porcupineEvents[In, Out any](calls []call[In, Out]) []porcupine.Event {
	events := make([]porcupine.Event, 0, 2*len(calls))
	for _, e := range eventsOf(calls) {
		kind := porcupine.CallEvent
		if e.end {
			kind = porcupine.ReturnEvent
		}
		events = append(events, porcupine.Event{Kind: kind, Value: &calls[e.call], Id: e.call})
	}
	return events
}
