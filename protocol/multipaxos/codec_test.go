package multipaxos_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/multipaxos"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// TestRoundTrip writes and reads every type of message and record.
func TestRoundTrip(t *testing.T) {
	number, word := rapid.Uint64(), rapid.SliceOfN(rapid.Byte(), 1, 9)
	ballot := rapid.Custom(func(t *rapid.T) multipaxos.Ballot {
		return multipaxos.Ballot{Round: number.Draw(t, "round"),
			Node: rapid.SampledFrom([]protocol.NodeID{"", "n1", "n2"}).Draw(t, "node")}
	})
	entries := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) multipaxos.Entry {
		e := multipaxos.Entry{Ballot: ballot.Draw(t, "accepted in")}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			e.Command = word.Draw(t, "value")
		case 1:
			e.Change = multipaxos.Change{Remove: "n3"}
		}
		return e
	}), 1, 3)
	configs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) multipaxos.Configuration {
		return multipaxos.Configuration{From: number.Draw(t, "from"), Members: []protocol.NodeID{"n1", "n2"}}
	}), 1, 2)
	codec := multipaxos.Protocol().Codec
	rapid.Check(t, func(t *rapid.T) {
		n := func() uint64 { return number.Draw(t, "n") }
		b := func() multipaxos.Ballot { return ballot.Draw(t, "ballot") }
		es := entries.Draw(t, "entries")
		promised := multipaxos.Promised{Ballot: b(), Round: n()}
		bundledtest.RoundTrip(t, codec,
			&multipaxos.Prepare{Ballot: b(), From: n(), After: b()},
			&multipaxos.Promise{Ballot: b(), Chosen: n(), First: n(), Entries: es},
			&multipaxos.Accept{Ballot: b(), Slot: n(), Command: word.Draw(t, "command"), Chosen: n()},
			&multipaxos.Accept{Ballot: b(), Slot: n(), Change: multipaxos.Change{Add: "n4"}, Chosen: n()},
			&multipaxos.Accepted{Ballot: b(), Slot: n()},
			&multipaxos.Heartbeat{Ballot: b(), Chosen: n(), Round: n()},
			&multipaxos.Heard{Ballot: b(), Round: n(), Chosen: n()},
			&multipaxos.Refused{Ballot: b(), Promised: b()},
			&multipaxos.Learn{From: n()},
			&multipaxos.Learned{First: n(), Entries: es, Chosen: n()},
			&multipaxos.Snapshot{Index: n(), Configs: configs.Draw(t, "configs"), Data: word.Draw(t, "data"),
				Chosen: n()},
			&multipaxos.TakeOver{Ballot: b()},
			&promised,
			&multipaxos.Slots{First: n(), Entries: es, Chosen: n()},
			&multipaxos.Checkpoint{Promised: promised, Index: n(), Configs: configs.Draw(t, "configs"),
				Snapshot: word.Draw(t, "data"), Entries: es},
		)
	})
}
