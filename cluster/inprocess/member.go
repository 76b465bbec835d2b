package inprocess

import (
	"context"
	"io"
	"net"
	"slices"

	"github.com/splitvote/splitvote/cluster/inprocess/network"
)

// Member is a node about to be started, or to be dialled.
type Member struct {
	ID      string   // n1, n2 ...: its address on the network as well
	Members []string // all members, this one among them
	Dir     string   // a directory that survives a kill; each incarnation finds a copy of what the last one left
	Seed    uint64   // differs between members and between seeds of a test
	Log     io.Writer
	// Listener is where other members and clients reach it: it listens already. It is nil for a
	// client.
	Listener net.Listener

	host *network.Host
	ctx  context.Context
	from *client // who dials, nil while a member is started
}

// Dial connects to a member by its ID. A port after a colon is ignored. In Start it is the member
// that dials, and its links suffer the faults; in a client it is the client, whom no partition
// concerns.
func (m Member) Dial(ctx context.Context, to string) (net.Conn, error) { return m.host.Dial(ctx, to) }

// DialContext is Dial in the form that http.Transport and others want.
func (m Member) DialContext(ctx context.Context, _, addr string) (net.Conn, error) {
	return m.host.Dial(ctx, addr)
}

// Context ends when the member is killed or the run is over, after its network is dead.
func (m Member) Context() context.Context { return m.ctx }

// Peers are the other members.
func (m Member) Peers() []string {
	return slices.DeleteFunc(slices.Clone(m.Members), func(id string) bool { return id == m.ID })
}

// Node is what Start has returned for this member, for a client that calls its methods directly
// instead of dialling. Its calls wait while the member is paused, and fail once it is killed. In
// Start it is nil.
func (m Member) Node() Node {
	if m.from == nil {
		return nil
	}
	m.from.direct.Store(true)
	return m.from.at.node
}

// Node is a member that runs. Close ends it and all that it has started.
type Node interface{ Close() error }

// Leader is a Node that knows who leads, and since which term: some faults look for the leader.
// The answer is "" where nobody is known to lead. It must not block for long.
type Leader interface {
	Leader() (id string, term uint64)
}

// Ended is a Node that may end by itself, which is a finding: the channel is closed then.
type Ended interface{ Done() <-chan struct{} }
