package raft_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// TestRoundTrip writes and reads every type of message and record.
func TestRoundTrip(t *testing.T) {
	entry := rapid.Custom(func(t *rapid.T) raft.Entry {
		e := raft.Entry{Term: rapid.Uint64().Draw(t, "term")}
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 1:
			e.Command = rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "command")
		case 2:
			e.Members = someMembers(t)
		}
		return e
	})
	entries := rapid.Custom(func(t *rapid.T) []raft.Entry {
		if es := rapid.SliceOfN(entry, 0, 3).Draw(t, "entries"); len(es) > 0 {
			return es
		}
		return nil
	})
	bytes := rapid.SliceOfN(rapid.Byte(), 1, 20)
	n, flag := rapid.Uint64(), rapid.Bool()
	codec := raft.Protocol().Codec
	rapid.Check(t, func(t *rapid.T) {
		n := func() uint64 { return n.Draw(t, "n") }
		flag := func() bool { return flag.Draw(t, "flag") }
		hard := raft.HardState{Term: n(), Vote: protocol.NodeID(rapid.SampledFrom([]string{"", "n1"}).Draw(t, "vote"))}
		es := entries.Draw(t, "es")
		bundledtest.RoundTrip(t, codec,
			&raft.Vote{Term: n(), Last: n(), LastTerm: n(), Pre: flag(), Transfer: flag()},
			&raft.Voted{Term: n(), Pre: flag(), Granted: flag()},
			&raft.Append{Term: n(), Prev: n(), PrevTerm: n(), Entries: es, Commit: n(), Round: n()},
			&raft.Appended{Term: n(), Index: n(), Round: n(), Reject: flag(), Conflict: n(), ConflictTerm: n()},
			&raft.Install{Term: n(), Index: n(), LastTerm: n(), Members: someMembers(t), Offset: 7,
				Data: bytes.Draw(t, "data"), Done: flag(), Round: n()},
			&raft.Installed{Term: n(), Index: n(), Offset: 7, Done: flag(), Round: n()},
			&raft.TimeoutNow{Term: n()},
			&hard,
			&raft.Entries{First: n(), Entries: es},
			&raft.Checkpoint{Hard: hard, Index: n(), Term: n(), Members: someMembers(t),
				Snapshot: bytes.Draw(t, "data"), Entries: es},
		)
	})
}

func someMembers(t *rapid.T) []protocol.NodeID {
	var ids []protocol.NodeID
	for i := range rapid.IntRange(1, 5).Draw(t, "members") {
		ids = append(ids, protocol.NodeID(fmt.Sprintf("n%d", i)))
	}
	return ids
}
