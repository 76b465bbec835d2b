package abd_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/abd"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// TestRoundTrip writes and reads every type of message and record.
func TestRoundTrip(t *testing.T) {
	codec := abd.Protocol().Codec
	rapid.Check(t, func(t *rapid.T) {
		n := func() uint64 { return rapid.Uint64().Draw(t, "n") }
		key := rapid.String().Draw(t, "key")
		value := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "value")
		tag := abd.Tag{Counter: n(), Node: protocol.NodeID(rapid.SampledFrom([]string{"", "n1"}).Draw(t, "node"))}
		op := abd.Number{Life: n(), Call: n()}
		bundledtest.RoundTrip(t, codec,
			&abd.Query{Op: op, Key: key},
			&abd.Held{Op: op, Tag: tag, Value: value},
			&abd.Store{Op: op, Key: key, Tag: tag, Value: value},
			&abd.Stored{Op: op},
			&abd.Life{Number: n()},
			&abd.Value{Key: key, Tag: tag, Value: value},
			&abd.Checkpoint{Life: n(), Values: []abd.Value{{Key: key, Tag: tag, Value: value}}},
		)
	})
}
