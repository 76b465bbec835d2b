package twopc_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/twopc"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// TestRoundTrip writes and reads every type of message and record.
func TestRoundTrip(t *testing.T) {
	codec := twopc.Protocol().Codec
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) twopc.Number {
			return twopc.Number{Life: rapid.Uint64().Draw(t, name+" life"), Call: rapid.Uint64().Draw(t, name+" call")}
		}
		text := func(name string) []byte { return rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, name) }
		tx := twopc.ID{Node: protocol.NodeID(rapid.String().Draw(t, "node")), Number: number("tx")}
		floor, part, result := number("floor"), text("part"), text("result")
		who := []protocol.NodeID{"n1", tx.Node}
		reason, yes := rapid.String().Draw(t, "reason"), rapid.Bool().Draw(t, "yes")
		prepared := twopc.Prepared{Tx: tx, Participants: who, Part: part, Result: result, Floor: floor}
		decided := twopc.Decided{Tx: tx, Participants: who}
		bundledtest.RoundTrip(t, codec,
			&twopc.Prepare{Tx: tx, Participants: who, Part: part, Floor: floor},
			&twopc.Vote{Tx: tx, Yes: yes, Result: result, Reason: reason, Doubt: yes},
			&twopc.Decision{Tx: tx, Commit: yes},
			&twopc.Ack{Tx: tx},
			&twopc.Inquire{Tx: tx},
			&twopc.Execute{Tx: tx, Part: part, Floor: floor},
			&twopc.Result{Tx: tx, Result: result},
			&twopc.Life{Number: tx.Life},
			&prepared,
			&twopc.Refused{Tx: tx, Result: result, Reason: reason, Floor: floor},
			&twopc.Resolved{Tx: tx, Commit: yes},
			&twopc.Executed{Tx: tx, Part: part, Floor: floor},
			&decided,
			&twopc.Finished{Tx: tx},
			&twopc.Checkpoint{
				Life: tx.Life, State: part, Prepared: []twopc.Prepared{prepared}, Decided: []twopc.Decided{decided},
				Past: []twopc.Past{{Node: tx.Node, Floor: floor, Ended: []twopc.Ended{
					{Number: tx.Number, Fate: twopc.FateRefused, Result: result, Reason: reason},
				}}},
			},
		)
	})
}
