package bundled

import "github.com/splitvote/splitvote/protocol/raft"

// All are the targets that come with splitvote.
func All() []Target {
	return []Target{
		New(raft.Protocol()),
	}
}
