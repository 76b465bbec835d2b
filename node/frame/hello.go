package frame

import (
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/protocol"
)

// Hello is the payload of a connection's first frame, as text: "splitvote 1 n2 n1 r7" means that n2
// has dialled n1 in run r7. A node outside any run omits the run. The number is the format's
// version.
type Hello struct {
	From, To protocol.NodeID
	Run      string
}

const greeting = "splitvote 1"

// Marshal writes the payload. The names contain no white space.
func (h Hello) Marshal() []byte {
	return []byte(strings.TrimSuffix(fmt.Sprintf("%s %s %s %s", greeting, h.From, h.To, h.Run), " "))
}

// ParseHello reads what Marshal wrote.
func ParseHello(payload []byte) (Hello, error) {
	rest, ours := strings.CutPrefix(string(payload), greeting+" ")
	names := strings.Split(rest, " ")
	if !ours || len(names) < 2 || len(names) > 3 || slices.Contains(names, "") {
		return Hello{}, fmt.Errorf("frame: first frame is %.40q, want %q and two or three names", payload, greeting)
	}
	h := Hello{From: protocol.NodeID(names[0]), To: protocol.NodeID(names[1])}
	if len(names) == 3 {
		h.Run = names[2]
	}
	return h, nil
}
