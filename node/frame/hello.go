package frame

import (
	"fmt"
	"strings"

	"github.com/splitvote/splitvote/protocol"
)

// Hello is the payload of a connection's first frame, as text: "splitvote 1 n2 n1" where n2 has dialled n1. The number
// is the version of what follows.
type Hello struct{ From, To protocol.NodeID }

const greeting = "splitvote 1"

// Marshal writes the payload. The names have no white space in them.
func (h Hello) Marshal() []byte { return fmt.Appendf(nil, "%s %s %s", greeting, h.From, h.To) }

// ParseHello reads what Marshal wrote.
func ParseHello(payload []byte) (Hello, error) {
	rest, ours := strings.CutPrefix(string(payload), greeting+" ")
	names := strings.Split(rest, " ")
	if !ours || len(names) != 2 || names[0] == "" || names[1] == "" {
		return Hello{}, fmt.Errorf("frame: first frame is %.40q, want %q and two names", payload, greeting)
	}
	return Hello{protocol.NodeID(names[0]), protocol.NodeID(names[1])}, nil
}
