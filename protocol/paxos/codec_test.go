package paxos_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/paxos"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// TestRoundTrip writes and reads every type of message and record.
func TestRoundTrip(t *testing.T) {
	codec := paxos.Protocol().Codec
	rapid.Check(t, func(t *rapid.T) {
		n := func() uint64 { return rapid.Uint64().Draw(t, "n") }
		key := rapid.String().Draw(t, "key")
		value := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "value")
		ballot := func() paxos.Ballot {
			return paxos.Ballot{Round: n(), Node: protocol.NodeID(rapid.SampledFrom([]string{"", "n1"}).
				Draw(t, "node"))}
		}
		bundledtest.RoundTrip(t, codec,
			&paxos.Prepare{Key: key, Ballot: ballot()},
			&paxos.Promise{Key: key, Ballot: ballot(), Accepted: ballot(), Value: value},
			&paxos.Accept{Key: key, Ballot: ballot(), Value: value},
			&paxos.Accepted{Key: key, Ballot: ballot()},
			&paxos.Refusal{Key: key, Ballot: ballot(), Promised: ballot()},
			&paxos.Promised{Key: key, Ballot: ballot()},
			&paxos.Took{Key: key, Ballot: ballot(), Value: value},
			&paxos.Checkpoint{Acceptors: []paxos.State{{Key: key, Promised: ballot(), Accepted: ballot(),
				Value: value}}},
		)
	})
}
