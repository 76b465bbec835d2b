package bundledtest

import (
	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
)

// RoundTrip writes and reads values of a codec's types (B5). t is a *testing.T or a *rapid.T.
func RoundTrip(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, codec protocol.Codec, values ...any,
) {
	t.Helper()
	for _, v := range values {
		data, err := codec.Marshal(v)
		if err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		got, err := codec.Unmarshal(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(v, got); diff != "" {
			t.Fatalf("%s came back different (-want +got):\n%s", data, diff)
		}
	}
}
