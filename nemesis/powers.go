package nemesis

import (
	"context"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Proof says whether harm took effect and how that is known. A fault without proof makes a run
// unknown, never valid.
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
// what was cut before; clients still reach every node. Heal says in its proof what was lost
// meanwhile.
type Partitioner interface {
	Partition(ctx context.Context, cut history.Grudge) (Proof, error)
	Heal(ctx context.Context) (Proof, error)
}

// Link is how every node-to-node link behaves; the zero Link is an honest one. Ratios are from 0 to
// 1 and of whole messages.
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

// Holder is a cluster whose links can be stalled, each direction by itself. Hold replaces what was
// stalled before; what is sent waits, and Release lets all of it arrive in one burst and says in
// its proof how much that was.
type Holder interface {
	Hold(ctx context.Context, stalled history.Grudge) (Proof, error)
	Release(ctx context.Context) (Proof, error)
}

// Skew is how a node's clocks depart from true time; the zero Skew is right.
type Skew struct {
	Offset time.Duration // the wall clock jumps to true time and this
	Drift  int64         // both clocks run fast by this many parts per million: more than -1,000,000, at most 1,000,000
}

// Skewer is a cluster whose nodes' clocks can be set wrong. The zero Skew ends it.
type Skewer interface {
	Skew(ctx context.Context, node history.NodeID, s Skew) (Proof, error)
}

// DiskSlower is a cluster whose nodes' disks can be made slow: every sync takes longer by the given
// time. None ends it.
type DiskSlower interface {
	SlowDisk(ctx context.Context, node history.NodeID, by time.Duration) (Proof, error)
}

// DiskBreaker is a cluster whose nodes' disks can fail while the node is down. A protocol need not
// survive it: a node without its memory may break its promises.
type DiskBreaker interface {
	Wipe(ctx context.Context, node history.NodeID) (Proof, error) // it will start with an empty disk
	Rot(ctx context.Context, node history.NodeID) (Proof, error)  // a record is damaged: it will not start until wiped
}

// Moment is when, in carrying out an Output (P2), a node crashes.
type Moment string

// The moments of a crash.
const (
	BeforePersist Moment = "before-persist" // nothing of the Output is on disk
	// its records are on their way to the disk, and some of them may have come there
	MidPersist Moment = "mid-persist"
	BeforeSend Moment = "before-send" // its records are durable, and nothing has left the node
	AfterSend  Moment = "after-send"  // its messages and replies are on their way
)

// Crasher is a cluster whose nodes can be made to crash at a named moment of their protocol
// (protocol.Output.Point): the next one, once. Killer.Start ends it, and says in its proof whether
// the node had crashed.
type Crasher interface {
	Killer
	Points() []string // every point that the protocol has
	CrashAt(ctx context.Context, node history.NodeID, point string, m Moment) (Proof, error)
}

// Reconfigurer is a cluster whose membership can be changed while it runs. One of add and remove is
// set; whoever leads is asked for the change, again and again, until it is made or the opposite is
// asked for, so that it outlives elections and outages. It does not wait. The proof of an addition
// says whether the node had been out.
type Reconfigurer interface {
	Reconfigure(ctx context.Context, add, remove history.NodeID) (Proof, error)
}

// Transferrer is a cluster whose leader can be asked to hand over to another node. It does not
// wait; no node ends it, and that proof says whether leadership has gone there.
type Transferrer interface {
	Transfer(ctx context.Context, to history.NodeID) (Proof, error)
}
