package generator

import (
	"math/rand/v2"
	"time"

	"github.com/splitvote/splitvote/history"
)

// State is a generator's answer when asked for an operation.
type State uint8

// The states of a generator.
const (
	Ready   State = iota // here is an operation; its Time says when to start it (not before Context.Time)
	Pending              // none now; ask again after the next event, or at Op.Time if that is later than now
	Done                 // none, ever
)

// Context is everything a generator knows about the world.
type Context struct {
	Time time.Duration
	// processes with no call under way, in a fixed order; includes history.Nemesis when it is free
	Free  []history.Process
	Procs []history.Process // every process in this generator's share, free or busy
	Nodes []history.NodeID
	Rand  *rand.Rand // the interpreter's, seeded by the plan
}

// Generator is a pure source of client operations or faults. A Generator is a value: Next and
// Update
// return the generator to use from then on and leave the receiver unchanged.
type Generator interface {
	// Next offers the next operation. A Ready operation has its Process set to one of Context.Free,
	// and
	// its Time set. The interpreter sets Kind and Index, and Node where it is empty.
	Next(Context) (history.Op, State, Generator)
	// Update tells the generator of an event: the invocation of one of its own operations, or any
	// completion.
	Update(Context, history.Op) Generator
}
