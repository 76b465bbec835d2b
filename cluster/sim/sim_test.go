package sim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/history"
)

var ctx = context.Background()

func config(target cluster.Target, nodes int, seed uint64) cluster.Config {
	cfg := cluster.Config{
		Target: target, Object: "register", Seed: seed, Retry: cluster.DefaultRetry,
		Tick: 10 * time.Millisecond, Run: "test", Log: io.Discard,
	}
	for i := range nodes {
		cfg.Nodes = append(cfg.Nodes, history.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	return cfg
}

func open(t testing.TB, cfg cluster.Config, opts sim.Options) *sim.Cluster {
	t.Helper()
	c, err := sim.Open(cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func write(p history.Process, node history.NodeID, v int) history.Op {
	value, _ := json.Marshal(v)
	return history.Op{Process: p, F: "write", Value: value, Node: node}
}

func read(p history.Process, node history.NodeID) history.Op {
	return history.Op{Process: p, F: "read", Value: json.RawMessage("null"), Node: node}
}

// finish invokes op and waits for its completion, which must be the next.
func finish(t *testing.T, c *sim.Cluster, op history.Op) history.Op {
	t.Helper()
	c.Invoke(op)
	done, ok := c.Next(ctx, c.Now()+time.Minute)
	if !ok {
		t.Fatalf("no completion of %v in a minute", op)
	}
	return done
}

func brief(op history.Op) string {
	return strings.TrimSpace(fmt.Sprintf("%v %s %s %s", op.Kind, op.Value, op.Node, op.Err))
}

func do(t *testing.T, f func(context.Context, history.NodeID) (cluster.Proof, error), id history.NodeID) cluster.Proof {
	t.Helper()
	p, err := f(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCallsCompleteOverTheLeaderHint(t *testing.T) {
	c := open(t, config(tiny{}, 3, 1), sim.Options{})
	for i, test := range []struct {
		op   history.Op
		want string
	}{
		{read(0, "n1"), "ok null n1"},
		{write(1, "n3", 7), "ok 7 n1"}, // n3 names n1
		{read(0, "n2"), "ok 7 n1"},
	} {
		before := c.Now()
		got := finish(t, c, test.op)
		if brief(got) != test.want {
			t.Errorf("%d: got %q, want %q", i, brief(got), test.want)
		}
		if got.Time != c.Now() || got.Time <= before {
			t.Errorf("%d: completed at %v, now is %v, invoked at %v", i, got.Time, c.Now(), before)
		}
	}
}

func TestNextStopsAtTheGivenTime(t *testing.T) {
	c := open(t, config(tiny{}, 3, 1), sim.Options{})
	c.Invoke(write(0, "n1", 1))
	if op, ok := c.Next(ctx, 50*time.Microsecond); ok || c.Now() != 50*time.Microsecond {
		t.Fatalf("got %v, %v at %v", op, ok, c.Now())
	}
	if _, ok := c.Next(ctx, time.Second); !ok {
		t.Fatal("no completion")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, ok := c.Next(cancelled, time.Hour); ok || c.Now() >= time.Hour {
		t.Fatal("a context that is done did not end Next")
	}
}

func TestDoRunsAtOneMoment(t *testing.T) {
	c := open(t, config(tiny{}, 3, 1), sim.Options{})
	c.Next(ctx, time.Second)
	c.Do(history.Op{Process: history.Nemesis, F: "kill"}, func(context.Context) history.Op {
		return history.Op{Process: history.Nemesis, F: "kill", Kind: history.Info}
	})
	op, ok := c.Next(ctx, time.Hour)
	if !ok || op.F != "kill" || op.Time != time.Second || c.Now() != time.Second {
		t.Fatalf("got %v, %v at %v", op, ok, c.Now())
	}
}

// What a client learns of a node that is down, paused, or goes down with its request.
func TestClientsSeeDownAndPausedNodes(t *testing.T) {
	all := func(c *sim.Cluster, f func(context.Context, history.NodeID) (cluster.Proof, error)) {
		for _, n := range c.Nodes() {
			do(t, f, n)
		}
	}
	for _, test := range []struct {
		name string
		harm func(*sim.Cluster)
		want string
	}{
		{"down", func(c *sim.Cluster) { all(c, c.Kill) }, "fail 1 n2 connection refused"},
		{"paused", func(c *sim.Cluster) { all(c, c.Pause) }, "info 1 n3 timeout"},
		{"killed with the request", func(c *sim.Cluster) {
			do(t, c.Pause, "n1")
			c.Next(ctx, c.Now()+200*time.Millisecond)
			all(c, c.Kill)
		}, "info 1 n2 connection reset"},
		{"cut off from its peers", func(c *sim.Cluster) {
			if _, err := c.Partition(ctx, history.Grudge{"n1": {"n2", "n3"}}); err != nil {
				t.Fatal(err)
			}
		}, "info 1 n1 timeout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := open(t, config(tiny{}, 3, 1), sim.Options{})
			c.Next(ctx, time.Second)
			c.Invoke(write(0, "n1", 1))
			test.harm(c)
			op, ok := c.Next(ctx, time.Minute)
			if !ok || !strings.HasPrefix(brief(op), test.want[:4]) || op.Err != strings.SplitN(test.want, " ", 4)[3] {
				t.Errorf("got %q, want like %q", brief(op), test.want)
			}
			if took := op.Time - time.Second; took > cluster.DefaultRetry.Timeout {
				t.Errorf("took %v", took)
			}
		})
	}
}

// A paused node answers what waited, and the repeated request is recognised: the write takes
// effect once.
func TestPausedNodeGoesOn(t *testing.T) {
	c := open(t, config(tiny{}, 3, 1), sim.Options{})
	c.Next(ctx, 100*time.Millisecond)
	do(t, c.Pause, "n1")
	c.Invoke(write(0, "n1", 1))
	c.Next(ctx, 500*time.Millisecond) // one attempt has timed out and the next waits too
	proof := do(t, c.Resume, "n1")
	if !proof.Bit || !strings.HasPrefix(proof.Text, "n1 stood still for 400ms: 40 ticks missed,") {
		t.Errorf("proof is %+v", proof)
	}
	op, ok := c.Next(ctx, time.Minute)
	if !ok || brief(op) != "ok 1 n1" {
		t.Errorf("got %q", brief(op))
	}
	if s, _ := c.Status(ctx, "n1"); s.Applied != 1 && s.Applied != 2 {
		t.Errorf("applied %d", s.Applied)
	}
}

// P2, S2, S3: what a client was told is on disk, and only an Unsynced output makes that a lie.
func TestCrashKeepsWhatWasAcknowledged(t *testing.T) {
	lost := func(target tiny, seed uint64) bool {
		c := open(t, config(target, 3, seed), sim.Options{})
		if op := finish(t, c, write(0, "n1", 7)); brief(op) != "ok 7 n1" {
			t.Fatalf("got %q", brief(op))
		}
		for _, n := range c.Nodes() {
			do(t, c.Kill, n)
		}
		for _, n := range c.Nodes() {
			do(t, c.Start, n)
		}
		return brief(finish(t, c, read(1, "n1"))) != "ok 7 n1"
	}
	losses := 0
	for seed := range uint64(50) {
		if lost(tiny{}, seed) {
			t.Errorf("seed %d: an acknowledged write was lost", seed)
		}
		if lost(tiny{unsynced: true}, seed) {
			losses++
		}
	}
	if losses < 10 || losses > 40 {
		t.Errorf("%d of 50 crashes lost the one un-synced record, want about half", losses)
	}
}

func TestPartitionDropsAndCounts(t *testing.T) {
	c := open(t, config(tiny{}, 3, 1), sim.Options{})
	cut, err := c.Partition(ctx, history.Grudge{"n2": {"n1"}, "n3": {"n1", "n1"}})
	if err != nil || !cut.Bit || cut.Text != "2 links cut" {
		t.Fatalf("got %+v, %v", cut, err)
	}
	c.Next(ctx, time.Second)
	heal, err := c.Heal(ctx)
	want := cluster.Proof{Bit: true, Text: fmt.Sprintf("%d messages dropped", c.Stats().Cut)}
	if err != nil || heal != want || c.Stats().Cut < 38 { // two every 50 ms
		t.Errorf("got %+v, %v, want %+v", heal, err, want)
	}
	if again, _ := c.Heal(ctx); again.Bit {
		t.Errorf("nothing was cut, but %+v", again)
	}
	if op := finish(t, c, write(0, "n1", 1)); op.Kind != history.Ok {
		t.Errorf("after the partition: %s", brief(op))
	}
	if _, err := c.Partition(ctx, history.Grudge{"n9": {"n1"}}); err == nil {
		t.Error("cut off a node that is not there")
	}
}

func TestLinksLoseRepeatAndReorder(t *testing.T) {
	c := open(t, config(tiny{}, 5, 1), sim.Options{})
	c.Next(ctx, 10*time.Second)
	if s := c.Stats(); s.Lost+s.Duplicated+s.Overtaken != 0 {
		t.Errorf("honest links: %+v (S4)", s)
	}
	if _, err := c.SetLinks(ctx, cluster.Link{Loss: 0.1, Duplicate: 0.2, Reorder: 0.3,
		Delay: 20 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	before := c.Stats()
	c.Next(ctx, 110*time.Second)
	s := c.Stats()
	sent := float64(s.Sent - before.Sent)
	for what, got := range map[string][2]float64{
		"lost": {float64(s.Lost), 0.1}, "repeated": {float64(s.Duplicated), 0.2 * 0.9 * 0.7},
	} {
		if share := got[0] / sent; share < 0.9*got[1] || share > 1.1*got[1] {
			t.Errorf("%s: a share of %.3f, want about %.3f", what, share, got[1])
		}
	}
	if s.Overtaken == 0 {
		t.Error("nothing was overtaken")
	}
	proof, err := c.SetLinks(ctx, cluster.Link{})
	want := fmt.Sprintf("of %d messages %d lost, %d repeated, %d overtaken, all delayed by 20ms to 20ms",
		int(sent), s.Lost, s.Duplicated, s.Overtaken)
	if err != nil || !proof.Bit || proof.Text != want {
		t.Errorf("got %+v, %v, want %s", proof, err, want)
	}
	if _, err := c.SetLinks(ctx, cluster.Link{Loss: 2}); err == nil {
		t.Error("accepted a loss of 2")
	}
}

func TestBrokenInvariantIsRecorded(t *testing.T) {
	for name, test := range map[string]struct {
		target tiny
		want   string
	}{
		"the protocol's own":         {tiny{broken: true}, "something was appended (T1)"},
		"an answer that comes twice": {tiny{repeat: true}, "a request was answered twice (P4)"},
	} {
		c := open(t, config(test.target, 3, 1), sim.Options{})
		if c.Err() != nil {
			t.Fatal(c.Err())
		}
		finish(t, c, write(0, "n1", 1))
		v := c.Violations()
		if c.Err() == nil || len(v) == 0 || v[0].Node != "n1" || v[0].Text != test.want || v[0].At > c.Now() {
			t.Errorf("%s: got %v", name, v)
		}
	}
	c := open(t, config(tiny{broken: true}, 3, 1), sim.Options{Unchecked: true})
	finish(t, c, write(0, "n1", 1))
	if c.Err() != nil {
		t.Errorf("unchecked: %v", c.Err())
	}
}

func TestTraceJoinsSendingWithFate(t *testing.T) {
	fate := map[uint64][]string{}
	var nodes []string
	c := open(t, config(tiny{}, 3, 1), sim.Options{Trace: func(e sim.Event) {
		if e.Number == 0 {
			nodes = append(nodes, e.String())
			return
		}
		fate[e.Number] = append(fate[e.Number], strings.TrimSpace(e.What.String()+" "+e.Why))
	}})
	c.Next(ctx, time.Second)
	if _, err := c.Partition(ctx, history.Grudge{"n2": {"n1"}}); err != nil {
		t.Fatal(err)
	}
	do(t, c.Pause, "n3")
	c.Next(ctx, 2*time.Second)
	do(t, c.Resume, "n3")
	do(t, c.Kill, "n3")
	c.Next(ctx, 3*time.Second)
	do(t, c.Start, "n3")
	count := map[string]int{}
	for _, f := range fate {
		count[strings.Join(f, ", ")]++
	}
	for _, want := range []string{"sent, delivered", "sent, dropped cut", "sent, dropped down"} {
		if count[want] == 0 {
			t.Errorf("no message was %s: %v", want, count)
		}
	}
	if diff := cmp.Diff([]string{"1s paused n3", "2s resumed n3", "2s crashed n3", "3s restarted n3"},
		nodes); diff != "" {
		t.Error(diff)
	}
}

func TestOnStatusSeesEveryChange(t *testing.T) {
	var seen []string
	cfg := config(tiny{}, 3, 1)
	cfg.OnStatus = func(at time.Duration, n history.NodeID, s cluster.Status) {
		if n == "n1" {
			seen = append(seen, fmt.Sprintf("%v %v %s", at.Truncate(100*time.Millisecond), s.Up, s.Role))
		}
	}
	c := open(t, cfg, sim.Options{})
	c.Next(ctx, time.Second)
	do(t, c.Kill, "n1")
	c.Next(ctx, 2*time.Second)
	do(t, c.Start, "n1")
	do(t, c.Pause, "n1")
	c.Next(ctx, 3*time.Second)
	if diff := cmp.Diff([]string{"0s true primary", "1s false ", "2s true primary", "2s false "}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestNodesKeepJournals(t *testing.T) {
	cfg := config(tiny{}, 2, 1)
	cfg.Dir = t.TempDir()
	c := open(t, cfg, sim.Options{})
	c.Next(ctx, time.Second)
	do(t, c.Kill, "n2")
	c.Next(ctx, 2*time.Second)
	do(t, c.Start, "n2")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(cfg.Dir + "/nodes/n2.log")
	want := `    0.002173 backup, term 1, leader n1
    1.000000 crashed
    2.000000 restarted
    2.000000 backup, term 1, leader n1
`
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Error(diff, err)
	}
	cfg.Dir = "/dev/null"
	if _, err := sim.Open(cfg, sim.Options{}); err == nil {
		t.Error("opened where no directory can be made")
	}
}

func TestCloseEndsEveryCall(t *testing.T) {
	c := open(t, config(tiny{}, 3, 1), sim.Options{})
	c.Invoke(write(0, "n1", 1))
	c.Invoke(write(1, "n2", 2))
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if op, ok := c.Next(ctx, time.Second); !ok || op.Kind != history.Info || op.Err != "cluster closed" {
			t.Errorf("got %q, %v", brief(op), ok)
		}
	}
	if op, ok := c.Next(ctx, time.Second); ok {
		t.Errorf("got %q", brief(op))
	}
}

func TestOpenRefuses(t *testing.T) {
	noTick := config(tiny{}, 1, 1)
	noTick.Tick = 0
	for want, cfg := range map[string]cluster.Config{
		"sim: target etcd cannot be simulated":   config(etcd{}, 1, 1),
		"sim: no nodes":                          config(tiny{}, 0, 1),
		"sim: a tick of 0s is no length of time": noTick,
	} {
		if _, err := sim.Open(cfg, sim.Options{}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// etcd is a target that the simulator knows nothing about.
type etcd struct{ cluster.Target }

func (etcd) Name() string { return "etcd" }
