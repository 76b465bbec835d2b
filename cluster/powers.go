package cluster

import (
	"context"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Proof says whether harm took effect and how that is known. A run with a fault that is not proved
// is unknown, never valid.
type Proof struct {
	Bit  bool
	Text string
}

// Killer is a cluster whose nodes can be killed without warning and started again with what their
// disks kept.
type Killer interface {
	Kill(ctx context.Context, node history.NodeID) (Proof, error)
	Start(ctx context.Context, node history.NodeID) (Proof, error) // returns once the node serves
}

// Pauser is a cluster whose nodes can be stopped in mid-step and resumed.
type Pauser interface {
	Pause(ctx context.Context, node history.NodeID) (Proof, error)
	Resume(ctx context.Context, node history.NodeID) (Proof, error)
}

// Partitioner is a cluster whose links can be cut, each direction by itself. Partition replaces
// the previous cut; clients still reach every node. The proof of Heal says what was lost
// meanwhile.
type Partitioner interface {
	Partition(ctx context.Context, cut history.Grudge) (Proof, error)
	Heal(ctx context.Context) (Proof, error)
}

// Link describes how every node-to-node link behaves; the zero Link is an honest one. Ratios are
// from 0 to 1 and apply to whole messages.
type Link struct {
	Delay     time.Duration
	Jitter    time.Duration // added: uniform from 0 to this
	Loss      float64
	Duplicate float64
	Reorder   float64 // delayed behind later ones
}

// LinkBreaker is a cluster whose links can be made slow and lossy. The zero Link ends it.
type LinkBreaker interface {
	SetLinks(ctx context.Context, l Link) (Proof, error)
}

// Holder is a cluster whose links can be stalled, each direction by itself. Hold replaces the
// previous stall; messages wait. Release delivers all of them in one burst, and its proof says how
// many there were.
type Holder interface {
	Hold(ctx context.Context, stalled history.Grudge) (Proof, error)
	Release(ctx context.Context) (Proof, error)
}

// Skew is the difference between a node's clocks and true time; the zero Skew is none.
type Skew struct {
	Offset time.Duration // the wall clock jumps to true time plus this
	Drift  int64         // both clocks run fast by this many parts per million: more than -1,000,000, at most 1,000,000
}

// Skewer is a cluster whose nodes' clocks can be set wrong. The zero Skew ends it.
type Skewer interface {
	Skew(ctx context.Context, node history.NodeID, s Skew) (Proof, error)
}

// DiskSlower is a cluster whose nodes' disks can be made slow: every sync takes longer by the
// given time. Zero ends it.
type DiskSlower interface {
	SlowDisk(ctx context.Context, node history.NodeID, by time.Duration) (Proof, error)
}

// DiskBreaker is a cluster whose nodes' disks can fail while the node is down. A protocol need not
// survive it: a node without its memory can break its promises.
type DiskBreaker interface {
	Wipe(ctx context.Context, node history.NodeID) (Proof, error) // it will start with an empty disk
	Rot(ctx context.Context, node history.NodeID) (Proof, error)  // a record is damaged: it will not start until wiped
}

// Moment is when a node crashes while it carries out an Output (P2).
type Moment string

// The moments of a crash.
const (
	BeforePersist Moment = "before-persist" // nothing of the Output is on disk
	// its records are on their way to the disk, and some of them may have come there
	MidPersist Moment = "mid-persist"
	BeforeSend Moment = "before-send" // its records are durable, and nothing has left the node
	AfterSend  Moment = "after-send"  // its messages and replies are being sent
)

// Crasher is a cluster whose nodes can be made to crash at a named point of their protocol
// (protocol.Output.Point): the next time, once. Killer.Start ends it, and its proof says whether
// the node had crashed.
type Crasher interface {
	Killer
	Points() []string // every point that the protocol has
	CrashAt(ctx context.Context, node history.NodeID, point string, m Moment) (Proof, error)
}

// Reconfigurer is a cluster whose membership can be changed while it runs. One of add and remove
// is set. The request is repeated to the current leader until the change is made or the opposite
// is requested, so it outlives elections and outages. Reconfigure does not wait. The proof of an
// addition says whether the node had been out.
type Reconfigurer interface {
	Reconfigure(ctx context.Context, add, remove history.NodeID) (Proof, error)
}

// Transferrer is a cluster whose leader can be asked to hand over to another node. It does not
// wait. An empty node ends it, and that proof says whether leadership was transferred.
type Transferrer interface {
	Transfer(ctx context.Context, to history.NodeID) (Proof, error)
}
