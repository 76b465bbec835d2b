package twopc

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// event is one action of a node, as the invariants see it.
type event struct {
	kind         eventKind
	tx           ID
	command      []byte            // of a transaction that begins
	participants []protocol.NodeID // of a decision
	accesses     []protocol.Access // of a part that was voted for, executed or read
	same         bool              // of a part carried out: it did what was voted for
}

type eventKind uint8

const (
	begun eventKind = iota
	voted
	refused
	decided
	carriedOut
	undone
	executed
	read
	finished
)

// invariants checks T1 to T6 of the package's documentation. The cost of a check is proportional to
// what the Step changed; after a restart, to all transactions so far.
type invariants struct {
	deals map[ID]*deal
	locks map[protocol.NodeID][]lock
}

// lock is what a prepared participant must protect from others.
type lock struct {
	tx       ID
	accesses []protocol.Access
}

// deal is the global view of a transaction.
type deal struct {
	command           []byte // the client's
	decided, finished bool
	participants      []protocol.NodeID // of the decision
	seats             []seat
}

// seat is a participant's state in a transaction, and the furthest state it has reported to the
// coordinator.
type seat struct {
	node        protocol.NodeID
	state, told state
}

type state uint8

const (
	away state = iota
	against
	ready
	undid
	did
	didAlone
)

var states = [...]string{
	away: "knows nothing of", against: "has voted against", ready: "is prepared for", undid: "has rolled back",
	did: "has carried out", didAlone: "has executed",
}

var ends = map[Fate]state{FateRefused: against, FateRolledBack: undid, FateCommitted: did, FateExecuted: didAlone}

// NewInvariants returns a checker that watches one cluster from its start.
func NewInvariants() protocol.Invariants {
	return &invariants{map[ID]*deal{}, map[protocol.NodeID][]lock{}}
}

func (v *invariants) deal(tx ID) *deal {
	d := v.deals[tx]
	if d == nil {
		d = &deal{}
		v.deals[tx] = d
	}
	return d
}

func (d *deal) seat(id protocol.NodeID) *seat {
	for i := range d.seats {
		if d.seats[i].node == id {
			return &d.seats[i]
		}
	}
	d.seats = append(d.seats, seat{node: id})
	return &d.seats[len(d.seats)-1]
}

// After checks what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, _ *protocol.Output) error {
	if r, ok := in.(protocol.Receive); ok {
		v.received(&r.Message)
	}
	n := core.(*node)
	for i := range n.events {
		if err := v.happened(n, &n.events[i]); err != nil {
			return err
		}
	}
	return nil
}

// received records what a participant has reported.
func (v *invariants) received(m *protocol.Message) {
	tell := func(tx ID, told state) {
		s := v.deal(tx).seat(m.From)
		s.told = max(s.told, told)
	}
	switch b := m.Body.(type) {
	case *Vote:
		if b.Yes {
			tell(b.Tx, ready)
		}
	case *Ack:
		tell(b.Tx, did)
	case *Result:
		if s := v.deal(b.Tx).seat(m.From); s.state == didAlone { // a read-only one is not executed
			s.told = didAlone
		}
	}
}

// happened checks one action of a node.
func (v *invariants) happened(n *node, e *event) error {
	d := v.deals[e.tx]
	if e.kind == begun {
		if d != nil {
			return protocol.About(fmt.Errorf("T5: %s begins transaction %v, which was begun before", n.id, e.tx),
				protocol.Concerning(d.command, "was begun as %v", e.tx),
				protocol.Concerning(e.command, "is begun as %v too", e.tx))
		}
		v.deal(e.tx).command = e.command
		return nil
	}
	d = v.deal(e.tx)
	switch e.kind {
	case decided:
		d.decided, d.participants = true, e.participants
		for _, id := range e.participants {
			if s := d.seat(id); s.state != ready {
				return d.broken(e.tx, fmt.Errorf("T2: %s decides to commit %v, but %s %s it", n.id, e.tx, id,
					states[s.state]))
			}
		}
		return nil
	case finished:
		d.finished = true
		for _, id := range d.participants {
			if s := d.seat(id); s.state != did {
				return d.broken(e.tx, fmt.Errorf("T6: %s forgets that it has committed %v, but %s %s it", n.id, e.tx,
					id, states[s.state]))
			}
		}
		return nil
	case read:
		return v.compatible(n, e)
	}
	return v.participated(n, e, d)
}

// participated checks a participant's transition: from nothing to a vote, and from there to an end.
func (v *invariants) participated(n *node, e *event, d *deal) error {
	s := d.seat(n.id)
	before := s.state
	want := away
	switch e.kind {
	case voted:
		s.state = ready
	case refused:
		s.state = against
	case executed:
		s.state = didAlone
	case undone:
		want, s.state = ready, undid
	case carriedOut:
		want, s.state = ready, did
	}
	switch {
	case before != want:
		return d.broken(e.tx, fmt.Errorf("T1: %s %s %v, and before it %s it", n.id, states[s.state], e.tx,
			states[before]))
	case e.kind == carriedOut && !d.decided:
		return d.broken(e.tx, fmt.Errorf("T1: %s has carried out %v, which nobody has decided to commit", n.id, e.tx))
	case e.kind == undone && d.decided:
		return d.broken(e.tx, fmt.Errorf("T1: %s has rolled back %v, which it was decided to commit", n.id, e.tx))
	case e.kind == carriedOut && !e.same:
		return d.broken(e.tx, fmt.Errorf("T3: %s has carried out %v, and it did not do what %s had voted for", n.id,
			e.tx, n.id))
	}
	switch e.kind {
	case voted:
		err := v.compatible(n, e)
		v.locks[n.id] = append(v.locks[n.id], lock{e.tx, e.accesses})
		return err
	case executed:
		return v.compatible(n, e)
	default:
		v.locks[n.id] = slices.DeleteFunc(v.locks[n.id], func(l lock) bool { return l.tx == e.tx })
		return nil
	}
}

// compatible checks an action against the locks that the node must be holding.
func (v *invariants) compatible(n *node, e *event) error {
	for _, l := range v.locks[n.id] {
		if key, clash := conflict(l.accesses, e.accesses, false); clash && l.tx != e.tx {
			return protocol.About(fmt.Errorf("T3: %s lets %v have key %s, which is locked by %v", n.id, e.tx, key,
				l.tx), protocol.Concerning(v.deal(l.tx).command, "is %v, which has locked %s", l.tx, key),
				protocol.Concerning(v.deal(e.tx).command, "is %v, which %s lets have it", e.tx, n.id))
		}
	}
	return nil
}

// Restarted checks everything that the node's disk returned. Nobody has heard of anything that was
// not
// yet on disk, so it did not happen.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	v.locks[id] = nil
	for _, b := range n.prepared {
		v.locks[id] = append(v.locks[id], lock{b.tx, n.machine.Accesses(b.part)})
	}
	order := func(a, b ID) int { return cmp.Or(cmp.Compare(a.Node, b.Node), a.compare(b.Number)) }
	for _, tx := range slices.SortedFunc(maps.Keys(v.deals), order) {
		if tx.Node == id && tx.Life > n.life {
			delete(v.deals, tx)
			continue
		}
		d := v.deals[tx]
		if err := d.recoveredBy(n, tx); err != nil {
			return err
		}
		if tx.Node == id && d.decided {
			if err := d.decisionOf(n, tx); err != nil {
				return err
			}
		}
	}
	return nil
}

// recoveredBy compares a restarted participant's state with what it had reported.
func (d *deal) recoveredBy(n *node, tx ID) error {
	i := slices.IndexFunc(d.seats, func(s seat) bool { return s.node == n.id })
	if i < 0 {
		return nil
	}
	s, past := &d.seats[i], n.past(tx)
	switch at, over := past.find(tx.Number); {
	case n.branch(tx) != nil:
		s.state = ready
	case over:
		s.state = ends[past.ended[at].Fate]
	case tx.less(past.floor) && s.state != ready: // need not be remembered
	default:
		s.state = away
	}
	if s.state < s.told {
		return d.broken(tx, fmt.Errorf("T4: %s comes back and %s %v, and had told that it %s it", n.id, states[s.state],
			tx, states[s.told]))
	}
	return nil
}

// decisionOf compares a decision with what its coordinator recovered.
func (d *deal) decisionOf(n *node, tx ID) error {
	if t := n.transaction(tx); t != nil {
		d.finished = false
		if now := n.participants(t); !slices.Equal(now, d.participants) {
			return d.broken(tx, fmt.Errorf("T4: %s comes back and has to tell %s of %v, and they were %s",
				n.id, names(now), tx, names(d.participants)))
		}
		return nil
	}
	if own := d.seat(n.id); d.finished && (own.state == did || !slices.Contains(d.participants, n.id)) {
		return nil
	}
	for _, s := range d.seats {
		if s.node != n.id && s.state == did {
			return d.broken(tx, fmt.Errorf("T4: %s comes back without its decision to commit %v, which %s has "+
				"carried out", n.id, tx, s.node))
		}
	}
	d.decided, d.finished = false, false
	return nil
}

// broken attaches the transaction to the error.
func (d *deal) broken(tx ID, err error) error {
	return protocol.About(err, protocol.Concerning(d.command, "is transaction %v", tx))
}
