package sim

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

// What says what kind of thing an Event is.
type What uint8

// The kinds of events that Options.Trace is told of.
const (
	Sent      What = iota // a message left a node
	Delivered             // it was stepped into its receiver
	Dropped               // it will not arrive; Why says why
	Crashed               // From went down
	Restarted             // From came back with what its disk kept
	Paused                // From stopped in mid-step
	Resumed               // From goes on
	Retried               // a client whom From did not serve asks To next; Why says what it was told
)

var whats = [...]string{"sent", "delivered", "dropped", "crashed", "restarted", "paused", "resumed", "retried"}

func (w What) String() string { return whats[w] }

// Event is something that happened among the nodes, for diagrams. A repeated message is delivered
// twice under one number.
type Event struct {
	At       time.Duration
	What     What
	From, To history.NodeID // To is empty where a node alone is concerned
	Number   uint64         // of the message, from 1; joins its sending with its fate
	Body     any            // of the message
	Why      string         // Dropped: cut, lost or down

	Client history.Process // Retried
	Wait   time.Duration   // Retried: until the client asks To
}

func (e Event) String() string {
	switch e.What {
	case Retried:
		return fmt.Sprintf("%v p%v %s %s→%s (%s)", e.At, e.Client, e.What, e.From, e.To, e.Why)
	case Sent, Delivered:
		return fmt.Sprintf("%v %s %s→%s #%d %v", e.At, e.What, e.From, e.To, e.Number, e.Body)
	case Dropped:
		return fmt.Sprintf("%v %s %s→%s #%d %v (%s)", e.At, e.What, e.From, e.To, e.Number, e.Body, e.Why)
	default:
		return fmt.Sprintf("%v %s %s", e.At, e.What, e.From)
	}
}

// Stats counts what happened since the cluster was opened.
type Stats struct {
	Events     uint64 // taken from the queue
	Steps      uint64 // of all cores
	Sent       uint64 // messages that left a node
	Delivered  uint64
	Cut        uint64 // dropped at a cut link
	Lost       uint64 // dropped by a lossy link
	Down       uint64 // dropped because nobody was there
	Duplicated uint64 // delivered once more
	Overtaken  uint64 // delivered after a later one of the same link
	Syncs      uint64
	Crashes    uint64
	Forgotten  uint64 // records that crashes lost
}

// Violation is a broken invariant of the protocol.
type Violation struct {
	At   time.Duration
	Node history.NodeID
	Text string
	// the calls that it is about, each once, in the order of their beginnings; none where it is
	// about promises alone
	About []Concern
}

// Concern says what a call has to do with a broken invariant.
type Concern struct {
	Op   int    // Index of its invocation, as given to Invoke
	Role string // as protocol.Concern has it
}

func (v Violation) Error() string { return fmt.Sprintf("%s at %v: %s", v.Node, v.At, v.Text) }

// violationsKept bounds what is recorded: what is broken once is broken at every later step.
const violationsKept = 16

func (c *Cluster) violate(n *node, err error) {
	if len(c.violations) < violationsKept {
		c.violations = append(c.violations, Violation{c.now, n.id, err.Error(), c.concerned(err)})
		c.log(n, "broken: %v", err)
	}
}

// invoked is a call that was begun.
type invoked struct {
	command []byte
	op      int // Index of its invocation
}

// concerned finds the calls whose commands a broken invariant is about.
func (c *Cluster) concerned(err error) (about []Concern) {
	var broken *protocol.Broken
	if !errors.As(err, &broken) {
		return nil
	}
	for _, call := range c.invoked {
		for _, concern := range broken.About {
			if bytes.Equal(call.command, concern.Command) {
				about = append(about, Concern{call.op, concern.Role})
				break
			}
		}
	}
	return about
}

// Violations are the first broken invariants, in order of time.
func (c *Cluster) Violations() []Violation { return c.violations }

// Err is the first broken invariant, nil if there is none.
func (c *Cluster) Err() error {
	if len(c.violations) == 0 {
		return nil
	}
	return c.violations[0]
}

// Stats counts what has happened so far.
func (c *Cluster) Stats() Stats { return c.stats }
