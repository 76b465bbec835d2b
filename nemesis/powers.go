package nemesis

import (
	"context"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Proof says whether harm took effect and how that is known. A fault without proof makes a run unknown, never valid.
type Proof struct {
	Bit  bool
	Text string
}

// Killer is a cluster whose nodes can be killed without warning and started again with what their disks kept.
type Killer interface {
	Kill(ctx context.Context, node history.NodeID) (Proof, error)
	Start(ctx context.Context, node history.NodeID) (Proof, error) // returns once the node serves
}

// Pauser is a cluster whose nodes can be stopped in mid-step and resumed.
type Pauser interface {
	Pause(ctx context.Context, node history.NodeID) (Proof, error)
	Resume(ctx context.Context, node history.NodeID) (Proof, error)
}

// Partitioner is a cluster whose links can be cut, each direction by itself. Partition replaces what was cut before;
// clients still reach every node. Heal says in its proof what was lost meanwhile.
type Partitioner interface {
	Partition(ctx context.Context, cut history.Grudge) (Proof, error)
	Heal(ctx context.Context) (Proof, error)
}

// Link is how every node-to-node link behaves; the zero Link is an honest one. Ratios are from 0 to 1 and of whole messages.
type Link struct {
	Delay     time.Duration
	Jitter    time.Duration // added: uniform from 0 to this
	Loss      float64
	Duplicate float64
	Reorder   float64 // held back behind later ones
}

// LinkBreaker is a cluster whose links can be made slow and lossy. The zero Link ends it.
type LinkBreaker interface {
	SetLinks(ctx context.Context, l Link) (Proof, error)
}
