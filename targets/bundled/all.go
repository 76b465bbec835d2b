package bundled

import (
	"github.com/splitvote/splitvote/protocol/abd"
	"github.com/splitvote/splitvote/protocol/gossip"
	"github.com/splitvote/splitvote/protocol/multipaxos"
	"github.com/splitvote/splitvote/protocol/paxos"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/protocol/twopc"
	"github.com/splitvote/splitvote/protocol/zab"
)

// All are the targets that come with splitvote.
func All() []Target {
	return []Target{
		New(raft.Protocol()),
		New(multipaxos.Protocol()),
		New(abd.Protocol()),
		New(paxos.Protocol()),
		New(zab.Protocol()),
		New(gossip.Protocol()),
		New(twopc.Protocol()),
	}
}

// Names lists the names of the bundled targets.
func Names() []string {
	var names []string
	for _, t := range All() {
		names = append(names, t.Name())
	}
	return names
}

// Named returns the bundled target of the given name.
func Named(name string) (Target, bool) {
	for _, t := range All() {
		if t.Name() == name {
			return t, true
		}
	}
	return Target{}, false
}
