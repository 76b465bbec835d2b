package linear

import (
	"context"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// Projection is for tests: of each object of h it leaves out what keep refuses and what depends on it, and hands what
// remains to judge as the calls of a history.
func Projection[S, In, Out any](m model.Model[S, In, Out], h *history.History, keep func(i int) bool) (legal bool) {
	objects, err := split(m, h)
	if err != nil {
		panic(err)
	}
	legal = true
	for _, o := range objects {
		legal = legal && byPorcupine(context.Background(), m, theoryOf(m).project(o.calls, keep), 1<<30).verdict == 0
	}
	return legal
}

// Decides says by which algorithm of its own, if any, a model decides each object of h.
func Decides[S, In, Out any](m model.Model[S, In, Out], h *history.History) bool {
	objects, err := split(m, h)
	if err != nil {
		panic(err)
	}
	for _, o := range objects {
		if _, decided := theoryOf(m).decide(o.calls); !decided {
			return false
		}
	}
	return true
}

// Minimal says whether leaving out any one call of the witness in each invalid object of h leaves no violation.
func Minimal[S, In, Out any](m model.Model[S, In, Out], h *history.History) bool {
	objects, err := split(m, h)
	if err != nil {
		panic(err)
	}
	for _, o := range objects {
		found := judge(context.Background(), m, o.calls, Auto, 1<<30)
		if found.witness == nil && found.verdict == 0 {
			continue
		}
		e := explainer[S, In, Out]{context.Background(), m, theoryOf(m), 1 << 30}
		calls := e.witness(o, found)
		if !e.invalid(calls) {
			return false
		}
		for i := range calls {
			if less := e.t.project(calls, func(j int) bool { return j != i }); len(less) < len(calls) && e.invalid(less) {
				return false
			}
		}
	}
	return true
}

// Alone is NewOnline without the search that runs beside a type's own algorithm.
func Alone[S, In, Out any](m model.Model[S, In, Out]) Online {
	o := OnlineOf(m).(*online[S, In, Out])
	o.watchers = func() []watcher[In, Out] { return []watcher[In, Out]{theoryOf(m).watch()} }
	return o
}

// Remembered counts what an online judge keeps of the past: values, and events that wait.
func Remembered(o Online) int {
	switch o := o.(type) {
	case *online[model.Value, model.RegisterCall, model.Value]:
		return remembered(o)
	case *online[[]model.Value, model.QueueCall, model.Value]:
		return remembered(o)
	}
	panic("no such judge is known")
}

func remembered[S, In, Out any](o *online[S, In, Out]) int {
	n := 0
	for _, object := range o.objects {
		for _, w := range object.watchers {
			switch w := any(w).(type) {
			case *liveZones:
				n += len(w.values) + len(w.of) + len(w.chains)
			case *liveQueue:
				n += len(w.values) + len(w.of) + len(w.waiting) + len(w.taken)
			case *frontier[S, In, Out]:
				n += len(w.waiting)
			}
		}
	}
	return n
}

// Numbering numbers values, of which about n are expected.
func Numbering(n int) func(model.Value) int32 { return newNumbering(n).of }
