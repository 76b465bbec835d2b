package clustertest

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// timeout bounds every wait in the cluster's time: far more than an election and a restart need.
const timeout = 30 * time.Second

// step is the interval at which a condition is checked.
const step = 10 * time.Millisecond

// driver is a small harness: it makes calls and keeps account of completions (B1).
type driver struct {
	cluster.Cluster
	process history.Process // the lowest number never used
	written int             // the latest value tried: each is written once
	last    time.Duration   // Now at the latest completion
	under   map[history.Process]history.Op
	done    map[history.Process]history.Op
	unknown map[string]bool // values of writes with an unknown outcome: they may appear at any later time
}

func newDriver(c cluster.Cluster) *driver {
	return &driver{
		Cluster: c, unknown: map[string]bool{},
		under: map[history.Process]history.Op{}, done: map[history.Process]history.Op{},
	}
}

// start invokes a call at a node as a new process.
func (d *driver) start(f string, node history.NodeID) history.Op {
	op := history.Op{Index: int(d.process), Process: d.process, F: f, Key: "x", Value: json.RawMessage("null"),
		Node: node}
	d.process++
	if f == "write" {
		d.written++
		op.Value = json.RawMessage(strconv.Itoa(d.written))
	}
	d.under[op.Process] = op
	d.Invoke(op)
	return op
}

// take runs the cluster until the given time or the next completion, and checks that this
// completion is due.
func (d *driver) take(t *testing.T, until time.Duration) bool {
	t.Helper()
	op, ok := d.Next(t.Context(), until)
	if !ok {
		return false
	}
	if now := d.Now(); now < d.last {
		t.Errorf("time fell from %v to %v", d.last, now)
	} else {
		d.last = now
	}
	call, asked := d.under[op.Process]
	switch {
	case !asked:
		t.Errorf("nobody asked for the completion %+v", op)
	case op.Kind == history.Invoke:
		t.Errorf("the completion of %+v is an invocation", call)
	case op.F != call.F || op.Key != call.Key || op.F == "write" && string(op.Value) != string(call.Value):
		t.Errorf("the completion %+v is not that of %+v", op, call)
	}
	if op.F == "write" && op.Kind == history.Info {
		d.unknown[string(op.Value)] = true
	}
	delete(d.under, op.Process)
	d.done[op.Process] = op
	return true
}

// finish waits for the completion of a call or a fault.
func (d *driver) finish(t *testing.T, p history.Process) history.Op {
	t.Helper()
	for until := d.Now() + timeout; ; {
		if op, ok := d.done[p]; ok {
			delete(d.done, p)
			return op
		}
		if !d.take(t, until) {
			t.Fatalf("process %v had no answer within %v", p, timeout)
		}
	}
}

func (d *driver) call(t *testing.T, f string, node history.NodeID) history.Op {
	t.Helper()
	return d.finish(t, d.start(f, node).Process)
}

// progress makes calls at a node until one succeeds.
func (d *driver) progress(t *testing.T, f string, node history.NodeID) history.Op {
	t.Helper()
	for until := d.Now() + timeout; d.Now() < until; {
		if op := d.call(t, f, node); op.Kind == history.Ok {
			return op
		}
		d.pass(t, step)
	}
	t.Fatalf("no %s at %s succeeded within %v", f, node, timeout)
	return history.Op{}
}

// pass waits for some of the cluster's time.
func (d *driver) pass(t *testing.T, length time.Duration) {
	t.Helper()
	for until := d.Now() + length; d.take(t, until); {
	}
}

// await waits until the condition holds.
func (d *driver) await(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for until := d.Now() + timeout; !seen(); d.pass(t, step) {
		if d.Now() >= until {
			t.Fatalf("%s: not within %v", what, timeout)
		}
	}
}

// harm does something to the cluster as a nemesis would.
func (d *driver) harm(t *testing.T, f func(context.Context) (cluster.Proof, error)) cluster.Proof {
	t.Helper()
	var proof cluster.Proof
	var err error
	op := history.Op{Process: history.Nemesis, F: "harm", Value: json.RawMessage("null")}
	d.under[op.Process] = op
	d.Do(op, func(ctx context.Context) history.Op {
		proof, err = f(ctx)
		op.Kind = history.Info
		return op
	})
	d.finish(t, history.Nemesis)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// bite is harm with proof that it took effect.
func (d *driver) bite(t *testing.T, f func(context.Context) (cluster.Proof, error)) {
	t.Helper()
	if p := d.harm(t, f); !p.Bit || p.Text == "" {
		t.Errorf("the fault did not bite: %+v", p)
	}
}

func (d *driver) status(t *testing.T, node history.NodeID) cluster.Status {
	t.Helper()
	o, ok := d.Cluster.(cluster.Observer)
	if !ok {
		t.Skip("this backend cannot ask a node for its status")
	}
	s, err := o.Status(t.Context(), node)
	if err != nil {
		return cluster.Status{}
	}
	return s
}

// leader waits for a node that a majority follows. In a cluster without leaders it returns the
// first node.
func (d *driver) leader(t *testing.T) history.NodeID {
	t.Helper()
	d.progress(t, "write", d.Nodes()[0])
	var leader history.NodeID
	d.await(t, "a leader", func() bool {
		votes, up := map[history.NodeID]int{}, 0
		for _, n := range d.Nodes() {
			s := d.status(t, n)
			if s.Up {
				up++
			}
			votes[s.Leader]++
		}
		for n, v := range votes {
			if n != "" && 2*v > len(d.Nodes()) {
				leader = n
				return true
			}
		}
		leader = d.Nodes()[0]
		return up == len(d.Nodes()) && votes[""] == up
	})
	return leader
}

// others returns all nodes except one, in the cluster's order from that node on.
func (d *driver) others(but history.NodeID) []history.NodeID {
	var nodes []history.NodeID
	for _, n := range d.Nodes() {
		if n != but {
			nodes = append(nodes, n)
		}
	}
	return nodes
}
