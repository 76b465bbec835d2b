package clustertest

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Run tests a backend. The Config holds Target, Options, Tick and what else the backend needs; its
// Object is the register, and Nodes, Retry, Run and Log have defaults. open is called once,
// because starting nodes takes time. The tests run one after another on one cluster, and each
// leaves it whole; tests of powers that the backend lacks are skipped by name.
func Run(t *testing.T, cfg cluster.Config, open func(*testing.T, cluster.Config) cluster.Cluster) {
	cfg.Object = "register"
	if cfg.Nodes == nil {
		cfg.Nodes = []history.NodeID{"n1", "n2", "n3"}
	}
	if cfg.Retry == (cluster.Retry{}) {
		cfg.Retry = cluster.DefaultRetry
	}
	if cfg.Run == "" {
		cfg.Run = "clustertest"
	}
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	var exits []cluster.Exit
	cfg.OnExit = func(e cluster.Exit) { exits = append(exits, e) }
	c := open(t, cfg)
	t.Cleanup(func() {
		if len(exits) > 0 { // B10; nobody tells any more
			t.Errorf("told of exits that the suite has caused: %+v", exits)
		}
	})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	d := newDriver(c)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *driver)
	}{
		{"calls complete exactly once", completeOnce},
		{"next keeps its time", keepTime},
		{"a write is read at every node", writeThenRead},
		{"one node down, the others go on", killOne},
		{"the leader down, another leads", killLeader},
		{"all nodes down, nothing is lost", killAll},
		{"the leader paused, another leads", pauseLeader},
		{"the leader cut off, the others go on", isolateLeader},
		{"every node alone, nothing succeeds", isolateAll},
		{"the leader deaf, the cluster goes on", deafenLeader},
		{"slow and lossy links stop nothing", breakLinks},
		{"wrong clocks stay wrong, and stop nothing", missetClocks},
		{"close ends every call", closeAll},
	} {
		ok := t.Run(test.name, func(t *testing.T) {
			began := d.Now()
			test.run(t, d)
			t.Logf("took %v of the cluster's time", (d.Now() - began).Round(time.Millisecond))
		})
		if !ok {
			t.FailNow() // the cluster may be left harmed
		}
	}
}

// B1: several calls under way at each node.
func completeOnce(t *testing.T, d *driver) {
	d.progress(t, "write", d.Nodes()[0])
	for range 10 {
		for i := range 9 {
			f := "write"
			if i%3 == 0 {
				f = "read"
			}
			d.start(f, d.Nodes()[i%len(d.Nodes())])
		}
		until := d.Now() + timeout
		for len(d.under) > 0 && d.take(t, until) {
		}
	}
	if len(d.under) > 0 {
		t.Errorf("%d calls were not answered within %v", len(d.under), timeout)
	}
	for p, op := range d.done {
		if op.Kind != history.Ok {
			t.Errorf("process %v: %v in a healthy cluster: %s", p, op.Kind, op.Err)
		}
	}
	clear(d.done)
	d.pass(t, 20*step) // nothing comes twice
}

// B2
func keepTime(t *testing.T, d *driver) {
	until := d.Now() + 3*step
	if op, ok := d.Next(t.Context(), until); ok {
		t.Errorf("nobody asked for %+v", op)
	}
	if now := d.Now(); now < until {
		t.Errorf("next returned at %v, before its time %v", now, until)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := d.Now()
	if op, ok := d.Next(ctx, before+timeout); ok || d.Now() >= before+timeout {
		t.Errorf("a context that was done did not end next: %+v", op)
	}
}

// B3
func writeThenRead(t *testing.T, d *driver) {
	for _, n := range d.Nodes() {
		d.progress(t, "write", n)
		d.readEverywhere(t, d.Nodes())
	}
}

// readEverywhere expects the latest value written at every node. The latest write must have
// succeeded.
func (d *driver) readEverywhere(t *testing.T, nodes []history.NodeID) {
	t.Helper()
	want := d.written
	for _, n := range nodes {
		op := d.progress(t, "read", n)
		if got := string(op.Value); got != itoa(want) && !d.unknown[got] {
			t.Errorf("read %s at %s, want %d", got, n, want)
		}
	}
}

// B4
func killOne(t *testing.T, d *driver) {
	k := power[cluster.Killer](t, d)
	leader := d.leader(t)
	victim := d.others(leader)[0]
	d.bite(t, on(k.Kill, victim))
	if d.status(t, victim).Up {
		t.Errorf("%s is up after a kill", victim)
	}
	d.progress(t, "write", leader)
	d.progress(t, "write", victim)
	d.readEverywhere(t, d.Nodes())
	d.bite(t, on(k.Start, victim))
	d.await(t, "the node is up again", func() bool { return d.status(t, victim).Up })
	d.readEverywhere(t, d.Nodes())
}

// B4, B5
func killLeader(t *testing.T, d *driver) {
	k := power[cluster.Killer](t, d)
	leader := d.leader(t)
	d.progress(t, "write", leader)
	d.bite(t, on(k.Kill, leader))
	d.readEverywhere(t, d.others(leader))
	d.progress(t, "write", leader)
	d.bite(t, on(k.Start, leader))
	d.readEverywhere(t, d.Nodes())
}

// B5
func killAll(t *testing.T, d *driver) {
	k := power[cluster.Killer](t, d)
	d.progress(t, "write", d.Nodes()[0])
	acknowledged := d.written
	for _, n := range d.Nodes() {
		d.bite(t, on(k.Kill, n))
	}
	if op := d.call(t, "write", d.Nodes()[0]); op.Kind == history.Ok {
		t.Errorf("%s acknowledged a write while it was down", op.Node)
	}
	for _, n := range d.Nodes() {
		d.bite(t, on(k.Start, n))
	}
	for _, n := range d.Nodes() {
		if op := d.progress(t, "read", n); string(op.Value) != itoa(acknowledged) && !d.unknown[string(op.Value)] {
			t.Errorf("read %s at %s, want %d, which was acknowledged before all nodes went down", op.Value, n,
				acknowledged)
		}
	}
	d.progress(t, "write", d.Nodes()[0])
}

// B4
func pauseLeader(t *testing.T, d *driver) {
	p := power[cluster.Pauser](t, d)
	leader := d.leader(t)
	d.bite(t, on(p.Pause, leader))
	for _, n := range d.others(leader) {
		if op := d.progress(t, "write", n); op.Node == leader {
			t.Errorf("%s answered while it was paused", leader)
		}
	}
	d.progress(t, "write", leader)
	d.bite(t, on(p.Resume, leader))
	d.readEverywhere(t, d.Nodes())
}

// B6
func isolateLeader(t *testing.T, d *driver) {
	p := power[cluster.Partitioner](t, d)
	leader := d.leader(t)
	cut := history.Grudge{leader: d.others(leader)}
	for _, n := range d.others(leader) {
		cut[n] = []history.NodeID{leader}
	}
	d.bite(t, func(ctx context.Context) (cluster.Proof, error) { return p.Partition(ctx, cut) })
	for _, n := range d.others(leader) {
		d.progress(t, "write", n)
	}
	if op := d.call(t, "write", leader); op.Kind == history.Ok && op.Node == leader {
		t.Errorf("%s acknowledged a write, alone", leader)
	}
	d.bite(t, p.Heal)
	d.progress(t, "write", leader)
	d.readEverywhere(t, d.Nodes())
}

// B6
func isolateAll(t *testing.T, d *driver) {
	p := power[cluster.Partitioner](t, d)
	d.progress(t, "write", d.Nodes()[0])
	cut := history.Grudge{}
	for _, n := range d.Nodes() {
		cut[n] = d.others(n)
	}
	d.bite(t, func(ctx context.Context) (cluster.Proof, error) { return p.Partition(ctx, cut) })
	var calls []history.Op
	for _, n := range d.Nodes() {
		calls = append(calls, d.start("write", n))
	}
	for _, call := range calls {
		if op := d.finish(t, call.Process); op.Kind == history.Ok {
			t.Errorf("%s acknowledged a write, alone", op.Node)
		}
	}
	d.bite(t, p.Heal)
	for _, n := range d.Nodes() {
		d.progress(t, "write", n)
	}
	d.readEverywhere(t, d.Nodes())
}

// B6, one way: the leader is heard and hears nobody.
func deafenLeader(t *testing.T, d *driver) {
	p := power[cluster.Partitioner](t, d)
	leader := d.leader(t)
	cut := history.Grudge{leader: d.others(leader)}
	d.bite(t, func(ctx context.Context) (cluster.Proof, error) { return p.Partition(ctx, cut) })
	for _, n := range d.others(leader) {
		if op := d.progress(t, "write", n); op.Node == leader {
			t.Errorf("%s acknowledged a write that nobody can have confirmed to it", leader)
		}
	}
	d.bite(t, p.Heal)
	d.progress(t, "write", leader)
	d.readEverywhere(t, d.Nodes())
}

// B7
func breakLinks(t *testing.T, d *driver) {
	b := power[cluster.LinkBreaker](t, d)
	d.progress(t, "write", d.Nodes()[0])
	bad := cluster.Link{
		Delay: 2 * time.Millisecond, Jitter: 3 * time.Millisecond, Loss: 0.1, Duplicate: 0.1, Reorder: 0.1,
	}
	d.bite(t, func(ctx context.Context) (cluster.Proof, error) { return b.SetLinks(ctx, bad) })
	for range 5 {
		for _, n := range d.Nodes() {
			d.progress(t, "write", n)
		}
	}
	d.bite(t, func(ctx context.Context) (cluster.Proof, error) { return b.SetLinks(ctx, cluster.Link{}) })
	d.progress(t, "write", d.Nodes()[0])
	d.readEverywhere(t, d.Nodes())
}

// B8
func closeAll(t *testing.T, d *driver) {
	for _, n := range d.Nodes() {
		d.start("write", n)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	for until := d.Now() + time.Second; d.take(t, until); {
	}
	if len(d.under) > 0 {
		t.Errorf("%d calls have no end after close", len(d.under))
	}
}

// B9
func missetClocks(t *testing.T, d *driver) {
	s, k := power[cluster.Skewer](t, d), power[cluster.Killer](t, d)
	node := d.Nodes()[0]
	skew := func(to cluster.Skew) func(context.Context) (cluster.Proof, error) {
		return func(ctx context.Context) (cluster.Proof, error) { return s.Skew(ctx, node, to) }
	}
	d.bite(t, skew(cluster.Skew{Offset: -3 * time.Second, Drift: 200_000}))
	for _, n := range d.Nodes() {
		d.progress(t, "write", n)
	}
	d.bite(t, on(k.Kill, node))
	d.bite(t, on(k.Start, node))
	d.bite(t, skew(cluster.Skew{})) // it was wrong
	if p := d.harm(t, skew(cluster.Skew{})); p.Bit {
		t.Errorf("clocks that were right were set right: %s", p.Text)
	}
	d.progress(t, "write", node)
	d.readEverywhere(t, d.Nodes())
}
