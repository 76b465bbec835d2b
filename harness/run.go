package harness

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

// Test is the input of one run.
type Test struct {
	Cluster   cluster.Cluster
	Clients   controls.Calls                                      // what the clients speak to; nil: the cluster itself
	Generator generator.Generator                                 // of clients and faults together
	Fault     func(ctx context.Context, op history.Op) history.Op // carries out a nemesis operation
	Processes int                                                 // clients, from 1
	Seed      uint64
	Recorder  *history.Recorder
	OnEvent   func(op *history.Op) // called with every event as it is recorded; nil: not called
	// called likewise; if it returns false the run heals and ends; nil goes on
	Watch func(op *history.Op) (goOn bool)
	// Look judges what Watch deferred, if that is due, and returns what Watch returns. It is called
	// again after the given time, or after the next event if that is 0. nil: Watch defers nothing.
	Look func() (goOn bool, again time.Duration)
}

// Times says where a run spent its time.
type Times struct {
	Wall    time.Duration // of the whole loop
	Waiting time.Duration // in Cluster.Next: the cluster's own work, and idling
	Lies    []controls.Told
}

// healLimit bounds healing, and the wait for the last completions after a run was cut short.
const healLimit = 30 * time.Second

// forever is a time that no run reaches.
const forever = time.Duration(math.MaxInt64)

// lastCalls bounds the wait for calls under way after a live run was convicted: they may hang, and
// the verdict stands.
const lastCalls = 100 * time.Millisecond

// ErrSeen ends a run that has shown enough. If it is the cause of a context's end, Run heals and
// returns no error.
var ErrSeen = errors.New("the run has shown enough")

// Run interprets the generator until it is done, or Watch or Look returns false. An error means
// that the experiment itself failed or was stopped, or that a core panicked (a
// *cluster.PanicError). Everything recorded until then is in the recorder either way.
func Run(ctx context.Context, t Test) (times Times, err error) {
	start := time.Now()
	l := newLoop(t)
	defer func() {
		if p := recover(); p != nil {
			panicked := cluster.Panicked(p)
			if sim, ok := t.Cluster.(interface{ InCore() history.NodeID }); ok {
				panicked.Core = sim.InCore()
			}
			err = panicked
		}
		if err != nil {
			l.abandon(errors.Is(err, ErrSeen))
		}
		if errors.Is(err, ErrSeen) {
			err = nil
		}
		if live, ok := t.Cluster.(interface{ Panicked() error }); ok && err == nil {
			err = live.Panicked()
		}
		times = Times{Wall: time.Since(start), Waiting: l.waiting}
	}()
	return times, l.run(ctx)
}

// loop is the state of the interpreter.
type loop struct {
	Test
	rand    *rand.Rand
	nodes   []history.NodeID
	roster  *generator.Roster
	seen    bool          // Watch has returned false
	busy    int           // calls under way, the nemesis's among them
	last    time.Duration // of the latest event recorded
	waiting time.Duration
}

func newLoop(t Test) *loop {
	if t.Clients == nil {
		t.Clients = t.Cluster
	}
	return &loop{Test: t, rand: rand.New(rand.NewPCG(t.Seed, 0x6861726e657373)), nodes: t.Cluster.Nodes(),
		roster: generator.NewRoster(t.Processes)}
}

func (l *loop) run(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if l.seen {
			return ErrSeen
		}
		now := l.Cluster.Now()
		op, state, next := l.Generator.Next(l.context(now))
		switch {
		case state == generator.Done && l.busy == 0:
			return nil
		case state == generator.Done:
			l.Generator = next
			if err := l.await(ctx, forever); err != nil {
				return err
			}
		case state == generator.Pending:
			l.Generator = next
			until := forever
			if op.Time > now {
				until = op.Time
			} else if l.busy == 0 {
				return errors.New("the generator waits for an event, but no call is under way")
			}
			if err := l.await(ctx, until); err != nil {
				return err
			}
		case op.Time > now: // not yet: a completion may come first and change the next operation
			completed, err := l.awaitOne(ctx, op.Time)
			if err != nil {
				return err
			}
			if !completed {
				l.Generator = next
				if err := l.invoke(op); err != nil {
					return err
				}
			}
		default:
			l.Generator = next
			if err := l.invoke(op); err != nil {
				return err
			}
			// Completed calls are taken at once, so the loop never runs ahead of the cluster.
			if err := l.await(ctx, l.Cluster.Now()); err != nil {
				return err
			}
		}
	}
}

func (l *loop) context(now time.Duration) generator.Context {
	return generator.Context{Time: now, Free: l.roster.Free(), Procs: l.roster.Procs(), Nodes: l.nodes, Rand: l.rand}
}

// await takes the next completion, or waits until the given time.
func (l *loop) await(ctx context.Context, until time.Duration) error {
	_, err := l.awaitOne(ctx, until)
	return err
}

// awaitOne looks at what the watch deferred while it waits.
func (l *loop) awaitOne(ctx context.Context, until time.Duration) (completed bool, err error) {
	for {
		next, err := l.look(until)
		if err != nil {
			return false, err
		}
		before := time.Now()
		op, ok := l.Clients.Next(ctx, next)
		l.waiting += time.Since(before)
		switch {
		case ok:
			return true, l.complete(op)
		case next == until || ctx.Err() != nil:
			return false, nil
		}
	}
}

// look returns the time of the next look, at most until.
func (l *loop) look(until time.Duration) (next time.Duration, err error) {
	if l.Look == nil {
		return until, nil
	}
	goOn, again := l.Look()
	switch {
	case !goOn:
		return 0, ErrSeen
	case again > 0:
		return min(until, l.Cluster.Now()+again), nil
	}
	return until, nil
}

// invoke records an operation and starts it.
func (l *loop) invoke(op history.Op) error {
	if !slices.Contains(l.roster.Free(), op.Process) {
		return fmt.Errorf("the generator gave %s to process %v, which is not free", op.F, op.Process)
	}
	op.Kind = history.Invoke
	if op.Node == "" && op.Process != history.Nemesis {
		op.Node = l.nodes[l.thread(op.Process)%len(l.nodes)]
	}
	op.Time = max(l.Cluster.Now(), l.last)
	op, err := l.record(op)
	if err != nil {
		return err
	}
	l.roster.Take(op.Process)
	l.busy++
	if op.Process == history.Nemesis {
		l.Cluster.Do(op, func(ctx context.Context) history.Op { return l.Fault(ctx, op) })
	} else {
		l.Clients.Invoke(op)
	}
	l.Generator = l.Generator.Update(l.context(op.Time), op)
	return nil
}

// complete records a completion and frees its process, or the successor of its process after an
// unknown outcome (H4).
func (l *loop) complete(op history.Op) error {
	op.Time = max(op.Time, l.last) // N2: an event may have been recorded while this one was on its way here
	op, err := l.record(op)
	if err != nil {
		return err
	}
	l.busy--
	l.roster.Give(op.Process)
	l.Generator = l.Generator.Update(l.context(op.Time), op)
	if op.Kind == history.Info {
		l.roster.Retire(op.Process)
	}
	return nil
}

// thread returns the slot of a client's process, which its successors inherit.
func (l *loop) thread(p history.Process) int { return int(p % history.Process(l.Processes)) }

func (l *loop) record(op history.Op) (history.Op, error) {
	op, err := l.Recorder.Record(op)
	if err != nil {
		return op, fmt.Errorf("the history cannot be written: %w", err)
	}
	l.last = op.Time
	if l.OnEvent != nil {
		l.OnEvent(&op)
	}
	if l.Watch != nil && !l.seen {
		l.seen = !l.Watch(&op)
	}
	return op, nil
}

// abandon heals what the nemesis did and records the calls that still complete (N3). The recorder
// may be what failed, so nothing here depends on it. Calls that hang in a convicted live run stay
// without a completion.
func (l *loop) abandon(convicted bool) {
	ctx, cancel := context.WithTimeout(context.Background(), healLimit)
	defer cancel()
	defer func() { _ = recover() }() // the loop's own panic is reported already; a second one adds nothing
	if l.Fault != nil {
		l.awaitNemesis(ctx)
		heal := history.Op{Process: history.Nemesis, Kind: history.Invoke, F: history.HealAll,
			Time: max(l.Cluster.Now(), l.last)}
		if op, err := l.record(heal); err == nil {
			l.Cluster.Do(op, func(ctx context.Context) history.Op { return l.Fault(ctx, op) })
			l.roster.Take(history.Nemesis)
			l.busy++
		}
		if convicted {
			l.awaitNemesis(ctx)
		}
	}
	if convicted && l.Look != nil {
		ctx, cancel = context.WithTimeout(ctx, lastCalls)
		defer cancel()
	}
	for l.busy > 0 {
		op, ok := l.Clients.Next(ctx, forever)
		if !ok || l.complete(op) != nil {
			return
		}
	}
}

// awaitNemesis waits until no fault operation is under way, recording completions.
func (l *loop) awaitNemesis(ctx context.Context) {
	for !slices.Contains(l.roster.Free(), history.Nemesis) {
		op, ok := l.Clients.Next(ctx, forever)
		if !ok || l.complete(op) != nil {
			return
		}
	}
}
