package transcript

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// What commands of a protocol's own are made of.

// Core is the node, nil if it is down or there is none of that name.
func (p *Play) Core(id string) protocol.Core {
	if a := p.actors[protocol.NodeID(id)]; a != nil {
		return a.core
	}
	return nil
}

// Step takes one step of a node, unless it is down; what it persists, sends and answers is as in any step.
func (p *Play) Step(id string, in protocol.Input) error {
	return p.on([]string{id}, func(id protocol.NodeID, _ *actor) error {
		p.step(id, in)
		return nil
	})
}

// Propose makes a request of a node, under an ID that the stage chooses; what names it in the answer.
func (p *Play) Propose(id, what string, in protocol.Propose) error {
	return p.on([]string{id}, func(id protocol.NodeID, _ *actor) error {
		p.propose(id, what, in)
		return nil
	})
}

// Disk starts a node anew from another disk.
func (p *Play) Disk(id string, records ...protocol.Record) error {
	return p.on([]string{id}, func(id protocol.NodeID, a *actor) error {
		a.disk = records
		return p.start(id, a)
	})
}

// Deliver delivers, in order, every message that may pass, and those that come of it.
func (p *Play) Deliver(may func(protocol.Message) bool) error { return p.pass(everything, may) }

// Forget loses these messages without a word.
func (p *Play) Forget(these func(protocol.Message) bool) {
	p.network = slices.DeleteFunc(p.network, these)
}

// Hush takes back what was said since the latest results.
func (p *Play) Hush() { p.said.Reset() }

// Build is the command nodes.
func (p *Play) Build(args []string) error { return p.build(args) }
