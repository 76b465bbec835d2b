package generator

import (
	"math/rand/v2"
	"time"

	"github.com/splitvote/splitvote/history"
)

// State says what a generator answers when asked for an operation.
type State uint8

// The states of a generator.
const (
	Ready   State = iota // here is an operation; its Time says when to start it (not before Context.Time)
	Pending              // none now; ask again when something has happened, or at Op.Time if that is later than now
	Done                 // none, ever
)

// Context is what a generator may know of the world.
type Context struct {
	Time  time.Duration
	Free  []history.Process // processes with no call under way, in a fixed order; includes history.Nemesis when it is free
	Procs []history.Process // every process of this generator's share, free or busy
	Nodes []history.NodeID
	Rand  *rand.Rand // the interpreter's, seeded by the plan
}

// Generator is a pure source of operations, clients' and faults' alike. A Generator is a value: Next and Update return the
// generator to use from then on and leave the receiver as it was.
type Generator interface {
	// Next offers the next operation. A Ready operation has its Process set to one of Context.Free and its Time set; Kind,
	// Index and Node are the interpreter's to fill in (Node only where it is empty).
	Next(Context) (history.Op, State, Generator)
	// Update tells the generator of an event: an invocation that was made of its own operation, or any completion.
	Update(Context, history.Op) Generator
}
