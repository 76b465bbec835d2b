package zab_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/zab"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// TestRoundTrip writes and reads every type of message and record.
func TestRoundTrip(t *testing.T) {
	codec := zab.Protocol().Codec
	rapid.Check(t, func(t *rapid.T) {
		n := func() uint64 { return rapid.Uint64().Draw(t, "n") }
		z := func() zab.Zxid { return zab.Zxid(n()) }
		flag := func() bool { return rapid.Bool().Draw(t, "flag") }
		id := func() protocol.NodeID { return protocol.NodeID(rapid.SampledFrom([]string{"", "n1"}).Draw(t, "id")) }
		data := func() []byte { return rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "data") }
		var txns []zab.Txn
		for range rapid.IntRange(0, 3).Draw(t, "txns") {
			txns = append(txns, zab.Txn{Zxid: z(), Command: data()})
		}
		epochs := zab.Epochs{Accepted: n(), To: id(), Current: n()}
		c := zab.Channel{Link: n(), Epoch: n()}
		bundledtest.RoundTrip(t, codec,
			&zab.Notification{Round: n(), Leader: id(), Zxid: z(), Epoch: n(), State: 1},
			&zab.FollowerInfo{Link: n(), Accepted: n(), To: id()},
			&zab.LeaderInfo{Channel: c},
			&zab.AckEpoch{Channel: c, Current: n(), Last: z()},
			&zab.Diff{Channel: c, Prev: z(), Txns: txns},
			&zab.Trunc{Channel: c, To: z()},
			&zab.Snap{Channel: c, Index: n(), Zxid: z(), Offset: 7, Data: data(), Done: flag()},
			&zab.SnapAck{Channel: c, Index: n(), Offset: 7, Done: flag()},
			&zab.NewLeader{Channel: c, Last: z()},
			&zab.Ack{Channel: c, Last: z(), NewLeader: flag()},
			&zab.UpToDate{Channel: c, Commit: z()},
			&zab.Proposal{Channel: c, Prev: z(), Txn: zab.Txn{Zxid: z(), Command: data()}},
			&zab.Commit{Channel: c, Zxid: z()},
			&zab.Ping{Channel: c, Round: n(), Commit: z()},
			&zab.Pong{Channel: c, Round: n(), Last: z(), Ready: flag()},
			&zab.Sync{Channel: c, Number: n()},
			&zab.Synced{Channel: c, Number: n(), Commit: z()},
			&epochs,
			&zab.Tail{After: n(), Txns: txns},
			&zab.Checkpoint{Epochs: epochs, Index: n(), Zxid: z(), Snapshot: data(), Base: n(), BaseZxid: z(),
				Txns: txns},
		)
	})
}
