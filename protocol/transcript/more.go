package transcript

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// The operations from which protocol-specific commands are built.

// Core returns the node's core, or nil if the node is down or does not exist.
func (p *Play) Core(id string) protocol.Core {
	if a := p.actors[protocol.NodeID(id)]; a != nil {
		return a.core
	}
	return nil
}

// Step makes a node take one step, unless it is down. Its records, messages and replies are handled
// as
// in any step.
func (p *Play) Step(id string, in protocol.Input) error {
	return p.on([]string{id}, func(id protocol.NodeID, _ *actor) error {
		p.step(id, in)
		return nil
	})
}

// Propose sends a node a request, under an ID that Play chooses; what names the request in the
// answer.
func (p *Play) Propose(id, what string, in protocol.Propose) error {
	return p.on([]string{id}, func(id protocol.NodeID, _ *actor) error {
		p.propose(id, what, in)
		return nil
	})
}

// Disk restarts a node with other disk contents.
func (p *Play) Disk(id string, records ...protocol.Record) error {
	return p.on([]string{id}, func(id protocol.NodeID, a *actor) error {
		a.disk = records
		return p.start(id, a)
	})
}

// Deliver delivers, in order, every message that may accepts, including those sent as a
// consequence.
func (p *Play) Deliver(may func(protocol.Message) bool) error { return p.pass(everything, may) }

// Forget drops these messages without reporting it.
func (p *Play) Forget(these func(protocol.Message) bool) {
	p.network = slices.DeleteFunc(p.network, these)
}

// Discard discards the output since the latest results.
func (p *Play) Discard() { p.said.Reset() }

// Build runs the command nodes.
func (p *Play) Build(args []string) error { return p.build(args) }
