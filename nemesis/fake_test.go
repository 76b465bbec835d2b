package nemesis_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
)

// fake is a cluster that suffers everything, writes down what is done to it, and notices what ought not to be done.
type fake struct {
	down, paused map[history.NodeID]bool
	cut, bad     bool
	leader       history.NodeID
	broken       map[string]bool // powers that fail: "kill n1", "heal"
	calls        []string
	wrong        []string // killing the dead, pausing the paused ...
}

func newFake() *fake {
	return &fake{down: map[history.NodeID]bool{}, paused: map[history.NodeID]bool{}, broken: map[string]bool{}}
}

var _ interface {
	nemesis.Killer
	nemesis.Pauser
	nemesis.Partitioner
	nemesis.LinkBreaker
	cluster.Observer
} = (*fake)(nil)

func (c *fake) do(call string, wrong bool, effect func()) (nemesis.Proof, error) {
	c.calls = append(c.calls, call)
	if wrong {
		c.wrong = append(c.wrong, call)
	}
	if c.broken[call] {
		return nemesis.Proof{}, errors.New("it does not work")
	}
	effect()
	return nemesis.Proof{Bit: true, Text: call + " seen"}, nil
}

func (c *fake) Kill(_ context.Context, n history.NodeID) (nemesis.Proof, error) {
	return c.do("kill "+string(n), c.down[n] || c.paused[n], func() { c.down[n] = true })
}

func (c *fake) Start(_ context.Context, n history.NodeID) (nemesis.Proof, error) {
	return c.do("start "+string(n), !c.down[n] && !c.broken["kill "+string(n)], func() { delete(c.down, n) })
}

func (c *fake) Pause(_ context.Context, n history.NodeID) (nemesis.Proof, error) {
	return c.do("pause "+string(n), c.down[n] || c.paused[n], func() { c.paused[n] = true })
}

func (c *fake) Resume(_ context.Context, n history.NodeID) (nemesis.Proof, error) {
	return c.do("resume "+string(n), !c.paused[n] && !c.broken["pause "+string(n)], func() { delete(c.paused, n) })
}

func (c *fake) Partition(_ context.Context, cut history.Grudge) (nemesis.Proof, error) {
	text, _ := json.Marshal(cut) // in the order of the nodes
	return c.do("cut "+strings.ReplaceAll(string(text), `"`, ""), c.cut, func() { c.cut = true })
}

func (c *fake) Heal(context.Context) (nemesis.Proof, error) {
	return c.do("heal", false, func() { c.cut = false })
}

func (c *fake) SetLinks(_ context.Context, l nemesis.Link) (nemesis.Proof, error) {
	return c.do(fmt.Sprintf("links %v", l), false, func() { c.bad = l != nemesis.Link{} })
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
	slices.Sort(what)
	return what
}
