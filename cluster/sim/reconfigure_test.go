package sim_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/history"
)

// leader lets time pass until one of the nodes says that it leads.
func leader(t *testing.T, c *sim.Cluster) history.NodeID {
	t.Helper()
	for limit := c.Now() + time.Minute; c.Now() < limit; c.Next(ctx, c.Now()+10*time.Millisecond) {
		for _, id := range c.Nodes() {
			if s, err := c.Status(ctx, id); err == nil && s.Up && s.Leader == id {
				return id
			}
		}
	}
	t.Fatal("nobody leads within a minute")
	return ""
}

func others(c *sim.Cluster, id history.NodeID) []history.NodeID {
	var rest []history.NodeID
	for _, n := range c.Nodes() {
		if n != id {
			rest = append(rest, n)
		}
	}
	return rest
}

// Of three nodes one leaves: then the two that are left are both needed, and once it is back any
// two will do. Whether it was asked for while somebody led makes no difference.
func TestMembersLeaveAndComeBack(t *testing.T) {
	for _, early := range []bool{true, false} {
		c := open(t, raftConfig(3, 7), sim.Options{})
		leaves := history.NodeID("n2")
		if !early {
			leaves = leader(t, c)
		}
		if p, err := c.Reconfigure(ctx, "", leaves); err != nil || p.Bit || p.Text != string(leaves)+" is to leave" {
			t.Fatal(p, err)
		}
		c.Next(ctx, c.Now()+3*time.Second)
		left := others(c, leaves)
		if op := finish(t, c, write(0, left[0], 1)); op.Kind != history.Ok {
			t.Errorf("early=%v, without %s: %s", early, leaves, brief(op))
		}
		do(t, c.Kill, left[1])
		if op := finish(t, c, write(1, left[0], 2)); op.Kind == history.Ok {
			t.Errorf("early=%v: %s and %s, which is no member, were a majority", early, left[0], leaves)
		}
		do(t, c.Start, left[1])
		p, err := c.Reconfigure(ctx, leaves, "")
		if want := string(leaves) + " had left, and is to be a member again"; err != nil || !p.Bit || p.Text != want {
			t.Errorf("early=%v: got %+v, %v, want %s", early, p, err, want)
		}
		c.Next(ctx, c.Now()+3*time.Second)
		do(t, c.Kill, left[1])
		c.Next(ctx, c.Now()+3*time.Second)
		if op := finish(t, c, write(2, left[0], 3)); op.Kind != history.Ok {
			t.Errorf("early=%v, with %s again: %s", early, leaves, brief(op))
		}
		if err := c.Err(); err != nil {
			t.Errorf("early=%v: %v", early, err)
		}
	}
}

// A removal that is taken back before anybody could carry it out has not happened, and says so.
func TestMembersThatNeverLeft(t *testing.T) {
	c := open(t, raftConfig(3, 1), sim.Options{})
	if _, err := c.Reconfigure(ctx, "", "n1"); err != nil {
		t.Fatal(err)
	}
	if p, err := c.Reconfigure(ctx, "n1", ""); err != nil || p.Bit || p.Text != "n1 is not known to have left" {
		t.Errorf("got %+v, %v", p, err)
	}
	for _, change := range [][2]history.NodeID{{}, {"n1", "n2"}, {"n9", ""}} {
		if _, err := c.Reconfigure(ctx, change[0], change[1]); err == nil {
			t.Errorf("adding %q and removing %q was accepted", change[0], change[1])
		}
	}
}

// A leader that removes the only other member commits alone and at once. If it crashes before that
// is on its disk, it comes back as one of two and without what it had committed, which nobody has
// seen: no promise is broken.
func TestLoneMemberMayForgetThatItIsAlone(t *testing.T) {
	c := open(t, raftConfig(2, 1), sim.Options{})
	for range 10 { // what a crash loses of what is not synced is drawn
		first := leader(t, c)
		c.Next(ctx, c.Now()+time.Second)
		slow := func(id history.NodeID, by time.Duration) {
			if _, err := c.SlowDisk(ctx, id, by); err != nil {
				t.Fatal(err)
			}
		}
		other := others(c, first)[0]
		slow(first, time.Second)
		if _, err := c.Reconfigure(ctx, "", other); err != nil {
			t.Fatal(err)
		}
		c.Next(ctx, c.Now()+100*time.Millisecond)
		do(t, c.Kill, first)
		slow(first, 0)
		if _, err := c.Reconfigure(ctx, other, ""); err != nil {
			t.Fatal(err)
		}
		do(t, c.Start, first)
	}
	if err := c.Err(); err != nil {
		t.Error(err)
	}
}

func TestLeadershipGoesWhereItIsAsked(t *testing.T) {
	c := open(t, raftConfig(3, 5), sim.Options{})
	if p := do(t, c.Transfer, ""); p.Bit || p.Text != "nobody was asked to lead" {
		t.Errorf("got %+v", p)
	}
	if p := do(t, c.Transfer, "n1"); p.Bit || p.Text != "nobody leads who could be asked" {
		t.Errorf("got %+v", p)
	}
	for range 5 {
		from := leader(t, c)
		c.Next(ctx, c.Now()+time.Second)
		to := others(c, from)[0]
		if p := do(t, c.Transfer, to); p.Bit || p.Text != fmt.Sprintf("[%s] asked to hand over to %s", from, to) {
			t.Errorf("got %+v", p)
		}
		if p := do(t, c.Transfer, ""); p.Bit || p.Text != string(to)+" does not lead" {
			t.Errorf("at once: got %+v", p)
		}
		c.Next(ctx, c.Now()+200*time.Millisecond)
		if p := do(t, c.Transfer, ""); !p.Bit || leader(t, c) != to {
			t.Errorf("%s was to lead: %+v, and %s does", to, p, leader(t, c))
		}
	}
	if _, err := c.Transfer(context.Background(), "n9"); err == nil {
		t.Error("handed over to a node that is not there")
	}
	if err := c.Err(); err != nil {
		t.Error(err)
	}
}
