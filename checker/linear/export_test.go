package linear

import (
	"context"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// Projection is for tests: of each object of h it leaves out what keep refuses and what depends on
// it, and hands what remains to judge as the calls of a history.
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

// Minimal says whether leaving out any one call of the witness in each invalid object of h leaves
// no violation.
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
		e := explainer[S, In, Out]{ctx: context.Background(), m: m, t: theoryOf(m), memory: 1 << 30}
		calls := e.witness(o, found)
		if !e.invalid(calls) {
			return false
		}
		for i := range calls {
			if less := e.t.project(calls, func(j int) bool {
				return j != i
			}); len(less) < len(calls) && e.invalid(less) {
				return false
			}
		}
	}
	return true
}

// Descends says whether a descent finds an order of the calls of each object of h.
func Descends(modelName string, h *history.History) bool {
	return inside(modelName).descends(h)
}

// FrontierAlone judges by the search without a descent beside it, for ten seconds and within
// memory.
func FrontierAlone(modelName string, h *history.History, memory int64) checker.Verdict {
	return inside(modelName).alone(h, memory)
}

// searcher runs the parts of a search by themselves.
type searcher interface {
	descends(h *history.History) bool
	alone(h *history.History, memory int64) checker.Verdict
}

func inside(modelName string) searcher {
	c, err := named(modelName, Options{})
	if err != nil {
		panic(err)
	}
	return c.(searcher)
}

func (c of[S, In, Out]) descends(h *history.History) bool {
	objects, err := split(c.m, h)
	if err != nil {
		panic(err)
	}
	for _, o := range objects {
		if !descends(c.m, o.calls) {
			return false
		}
	}
	return true
}

func (c of[S, In, Out]) alone(h *history.History, memory int64) checker.Verdict {
	objects, err := split(c.m, h)
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	worst := checker.Valid
	for _, o := range objects {
		worst = max(worst, newSearch(ctx, c.m, o.calls, memory).run().verdict)
	}
	return worst
}

// DescendsPorcupine says whether a descent finds an order of operations on one object of a model
// written for Porcupine.
func DescendsPorcupine(m porcupine.Model, operations []porcupine.Operation) bool {
	return descends(foreign{m, context.Background()}, callsOf(operations))
}

func descends[S, In, Out any](m model.Model[S, In, Out], calls []call[In, Out]) bool {
	return newDescent(context.Background(), m, calls, eventsOf(calls), classes(calls), 1<<30).find()
}

// Alone is NewOnline without the search that runs beside a type's own algorithm.
func Alone[S, In, Out any](m model.Model[S, In, Out]) Online {
	o := OnlineOf(m, history.Initial{}).(*online[S, In, Out])
	o.watchers = func() []watcher[In, Out] { return theoryOf(m).watch() }
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
