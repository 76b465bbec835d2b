package gentest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

// World is the environment for a generator.
type World struct {
	Clients int // processes 0 to Clients-1, beside the nemesis
	Nodes   []history.NodeID
	Seed    uint64
	// Complete returns how a call ends and how long it takes; nil ends it ok at once. A returned
	// kind of
	// invoke counts as ok.
	Complete func(op history.Op) (history.Op, time.Duration)
	// Stop ends the run after this many operations (0: after 100,000). Calls in progress still end.
	Stop int
}

// Run interprets g to its end and returns the events in order. It reports the first breach of the
// contract of package generator, and a generator that waits although nothing more can happen.
func (w World) Run(g generator.Generator) ([]history.Op, error) {
	if w.Stop == 0 {
		w.Stop = 100_000
	}
	if w.Complete == nil {
		w.Complete = func(op history.Op) (history.Op, time.Duration) { return op, 0 }
	}
	r := run{World: w, roster: generator.NewRoster(w.Clients), rand: rand.New(rand.NewPCG(w.Seed, 0))}
	err := r.all(g)
	return r.events, err
}

type run struct {
	World
	roster *generator.Roster
	rand   *rand.Rand
	now    time.Duration
	flying []history.Op // calls in progress, as their future completions, by time
	events []history.Op
}

func (r *run) all(g generator.Generator) error {
	for made := 0; made < r.Stop; {
		g = r.land(g, r.now)
		op, state, next := g.Next(r.context())
		switch {
		case state == generator.Done:
			r.land(g, history.Forever)
			return nil
		case state == generator.Pending && op.Time > r.now && op.Time < r.soonest():
			g, r.now = next, op.Time
		case state == generator.Pending && len(r.flying) == 0:
			return errors.New("the generator is pending for ever: no call is under way and it names no time")
		case state == generator.Pending:
			g = r.land(next, r.soonest())
		case !slices.Contains(r.roster.Free(), op.Process):
			return fmt.Errorf("%s goes to process %s, which is not free (G2)", op.F, op.Process)
		case op.Time < r.now:
			return fmt.Errorf("%s starts at %s, but it is %s already (G2)", op.F, op.Time, r.now)
		case r.soonest() <= op.Time && len(r.flying) > 0:
			g = r.land(g, r.soonest())
		default:
			made++
			r.now = op.Time
			g = r.invoke(next, op)
		}
	}
	r.land(g, history.Forever)
	return nil
}

func (r *run) context() generator.Context {
	return generator.Context{Time: r.now, Free: r.roster.Free(), Procs: r.roster.Procs(), Nodes: r.Nodes, Rand: r.rand}
}

func (r *run) soonest() time.Duration {
	if len(r.flying) == 0 {
		return history.Forever
	}
	return r.flying[0].Time
}

func (r *run) invoke(g generator.Generator, op history.Op) generator.Generator {
	op.Kind = history.Invoke
	r.events = append(r.events, op)
	r.roster.Take(op.Process)
	done, takes := r.Complete(op)
	if done.Kind == history.Invoke {
		done.Kind = history.Ok
	}
	done.Time = r.now + takes
	at := len(r.flying)
	for at > 0 && r.flying[at-1].Time > done.Time {
		at--
	}
	r.flying = slices.Insert(r.flying, at, done)
	return g.Update(r.context(), op)
}

// land ends the calls that end by the given time.
func (r *run) land(g generator.Generator, by time.Duration) generator.Generator {
	for len(r.flying) > 0 && r.flying[0].Time <= by {
		op := r.flying[0]
		r.flying = r.flying[1:]
		r.now = max(r.now, op.Time)
		r.events = append(r.events, op)
		r.roster.Give(op.Process)
		g = g.Update(r.context(), op)
		if op.Kind == history.Info {
			r.roster.Retire(op.Process)
		}
	}
	return g
}
