package nemesis_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// fake is a cluster that suffers everything, writes down what is done to it, and notices what ought
// not to be done.
type fake struct {
	down, paused map[history.NodeID]bool
	cut, bad     bool
	held         bool
	skew         map[history.NodeID]cluster.Skew
	slow, out    map[history.NodeID]bool
	rotten       map[history.NodeID]bool
	leader       history.NodeID
	broken       map[string]bool // powers that fail: "kill n1", "heal"
	calls        []string
	wrong        []string // killing the dead, pausing the paused ...
}

func newFake() *fake {
	return &fake{
		down: map[history.NodeID]bool{}, paused: map[history.NodeID]bool{}, skew: map[history.NodeID]cluster.Skew{},
		slow: map[history.NodeID]bool{}, out: map[history.NodeID]bool{}, rotten: map[history.NodeID]bool{},
		broken: map[string]bool{},
	}
}

var _ interface {
	cluster.Killer
	cluster.Pauser
	cluster.Partitioner
	cluster.LinkBreaker
	cluster.Holder
	cluster.Skewer
	cluster.DiskSlower
	cluster.DiskBreaker
	cluster.Crasher
	cluster.Reconfigurer
	cluster.Transferrer
	cluster.Observer
} = (*fake)(nil)

func (c *fake) do(call string, wrong bool, effect func()) (cluster.Proof, error) {
	c.calls = append(c.calls, call)
	if wrong {
		c.wrong = append(c.wrong, call)
	}
	if c.broken[call] {
		return cluster.Proof{}, errors.New("it does not work")
	}
	effect()
	return cluster.Proof{Bit: true, Text: call + " seen"}, nil
}

func (c *fake) Kill(_ context.Context, n history.NodeID) (cluster.Proof, error) {
	return c.do("kill "+string(n), c.down[n] || c.paused[n], func() { c.down[n] = true })
}

func (c *fake) Start(_ context.Context, n history.NodeID) (cluster.Proof, error) {
	if c.rotten[n] {
		return cluster.Proof{}, errors.New("its disk is damaged")
	}
	return c.do("start "+string(n), !c.down[n] && !c.broken["kill "+string(n)], func() { delete(c.down, n) })
}

func (c *fake) Pause(_ context.Context, n history.NodeID) (cluster.Proof, error) {
	return c.do("pause "+string(n), c.down[n] || c.paused[n], func() { c.paused[n] = true })
}

func (c *fake) Resume(_ context.Context, n history.NodeID) (cluster.Proof, error) {
	return c.do("resume "+string(n), !c.paused[n] && !c.broken["pause "+string(n)], func() { delete(c.paused, n) })
}

func (c *fake) Partition(_ context.Context, cut history.Grudge) (cluster.Proof, error) {
	text, _ := json.Marshal(cut) // in the order of the nodes
	return c.do("cut "+strings.ReplaceAll(string(text), `"`, ""), c.cut, func() { c.cut = true })
}

func (c *fake) Heal(context.Context) (cluster.Proof, error) {
	return c.do("heal", false, func() { c.cut = false })
}

func (c *fake) SetLinks(_ context.Context, l cluster.Link) (cluster.Proof, error) {
	return c.do(fmt.Sprintf("links %v", l), false, func() { c.bad = l != cluster.Link{} })
}

func (c *fake) Hold(_ context.Context, stalled history.Grudge) (cluster.Proof, error) {
	text, _ := json.Marshal(stalled)
	return c.do("hold "+strings.ReplaceAll(string(text), `"`, ""), c.held, func() { c.held = true })
}

func (c *fake) Release(context.Context) (cluster.Proof, error) {
	return c.do("release", false, func() { c.held = false })
}

func (c *fake) Skew(_ context.Context, n history.NodeID, s cluster.Skew) (cluster.Proof, error) {
	return c.do(fmt.Sprintf("skew %s %v", n, s), c.skew[n] == s, func() {
		if c.skew[n] = s; s == (cluster.Skew{}) {
			delete(c.skew, n)
		}
	})
}

func (c *fake) SlowDisk(_ context.Context, n history.NodeID, by time.Duration) (cluster.Proof, error) {
	return c.do(fmt.Sprintf("slow %s %v", n, by), c.slow[n] == (by > 0), func() {
		if c.slow[n] = true; by == 0 {
			delete(c.slow, n)
		}
	})
}

func (c *fake) Wipe(_ context.Context, n history.NodeID) (cluster.Proof, error) {
	return c.do("wipe "+string(n), !c.down[n], func() { delete(c.rotten, n) })
}

func (c *fake) Rot(_ context.Context, n history.NodeID) (cluster.Proof, error) {
	return c.do("rot "+string(n), !c.down[n], func() { c.rotten[n] = true })
}

func (c *fake) Points() []string { return []string{"vote", "append", "lead"} }

// CrashAt crashes at once, for the fake is always at every point.
func (c *fake) CrashAt(_ context.Context, n history.NodeID, point string, m cluster.Moment) (cluster.Proof, error) {
	return c.do(fmt.Sprintf("crash %s at %s %s", n, point, m), c.down[n] || c.paused[n], func() { c.down[n] = true })
}

func (c *fake) Reconfigure(_ context.Context, add, remove history.NodeID) (cluster.Proof, error) {
	return c.do(strings.TrimSpace(fmt.Sprintf("add %s, remove %s", add, remove)), c.out[add] != (add != ""), func() {
		c.out[remove] = true
		delete(c.out, add)
		delete(c.out, "")
	})
}

func (c *fake) Transfer(_ context.Context, to history.NodeID) (cluster.Proof, error) {
	return c.do(fmt.Sprintf("transfer to %q", to), false, func() {})
}

func (c *fake) Status(_ context.Context, n history.NodeID) (cluster.Status, error) {
	s := cluster.Status{Up: !c.down[n], Leader: c.leader, Term: 2}
	if n == "n1" {
		s.Leader, s.Term = "n1", 1 // deposed, and does not know it
	}
	return s, nil
}

func (c *fake) harmed() []string {
	var what []string
	for n := range c.down {
		what = append(what, string(n)+" is down")
	}
	for n := range c.paused {
		what = append(what, string(n)+" is paused")
	}
	if c.cut {
		what = append(what, "links are cut")
	}
	if c.bad {
		what = append(what, "links are bad")
	}
	if c.held {
		what = append(what, "links are held")
	}
	for n, s := range c.skew {
		what = append(what, fmt.Sprintf("clock of %s is wrong by %v", n, s))
	}
	for n := range c.slow {
		what = append(what, "disk of "+string(n)+" is slow")
	}
	for n := range c.rotten {
		what = append(what, "disk of "+string(n)+" is damaged")
	}
	for n := range c.out {
		what = append(what, string(n)+" is no member")
	}
	slices.Sort(what)
	return what
}
