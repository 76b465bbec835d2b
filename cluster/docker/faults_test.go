package docker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

var (
	_ cluster.Killer      = faulty(nil)
	_ cluster.Pauser      = faulty(nil)
	_ cluster.Partitioner = faulty(nil)
)

type faulty interface {
	cluster.Killer
	cluster.Pauser
	cluster.Partitioner
}

// D1: a node that is killed and started again inside a partition comes back cut off, and says so.
// What a fault finds undone already proves nothing.
func TestProofs(t *testing.T) {
	t.Parallel()
	e := engine(t)
	c := open(t, e, config(t, raftTarget()))
	ctx := t.Context()
	check := func(want string, bit bool) func(cluster.Proof, error) {
		return func(p cluster.Proof, err error) {
			t.Helper()
			if err != nil || p.Bit != bit || !strings.Contains(p.Text, want) {
				t.Errorf("got %+v, %v; want bit %v and %q", p, err, bit, want)
			}
		}
	}
	addr := addressOf(t, c, "n1")

	check("nothing was cut", false)(c.Heal(ctx))
	alone := history.Grudge{"n1": {"n2", "n3"}, "n2": {"n1"}, "n3": {"n1"}}
	check("n1 drops n2 n3; n2 drops n1; n3 drops n1", true)(c.Partition(ctx, alone))
	check("n1, pid ", true)(c.Kill(ctx, "n1"))
	check("n1 was exited already", false)(c.Kill(ctx, "n1"))
	check("n1 drops n2 n3", true)(c.Start(ctx, "n1"))
	check("n1 was running already", false)(c.Start(ctx, "n1"))
	if now := addressOf(t, c, "n1"); now != addr {
		t.Errorf("n1 moved from %s to %s", addr, now)
	}

	check("was running and is paused", true)(c.Pause(ctx, "n2"))
	check("n2 was paused, not running", false)(c.Pause(ctx, "n2"))
	check("was paused and is running", true)(c.Resume(ctx, "n2"))
	check("n2 was running, not paused", false)(c.Resume(ctx, "n2"))
	await(t, "n2 and n3 have a leader, n1 has none", func() bool {
		one, _ := c.Status(ctx, "n1")
		two, _ := c.Status(ctx, "n2")
		return one.Up && one.Leader == "" && two.Leader != "" && two.Leader != "n1"
	})

	check("n1 drops n2", true)(c.Partition(ctx, history.Grudge{"n1": {"n2"}}))
	check("n2→n1", true)(c.Heal(ctx))
	await(t, "n1 has a leader", func() bool {
		s, _ := c.Status(ctx, "n1")
		return s.Leader != ""
	})

	for _, id := range []history.NodeID{"n4", ""} {
		if _, err := c.Kill(ctx, id); err == nil {
			t.Errorf("killed %q, which is no node", id)
		}
		if _, err := c.Partition(ctx, history.Grudge{"n1": {id}}); err == nil {
			t.Errorf("cut off %q, which is no node", id)
		}
	}
}

// await waits for something to be seen.
func await(t *testing.T, what string, seen func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !seen() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not within 30s", what)
		}
	}
}
