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
