package abd

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

// operation is a read or a write in progress. Both ask a majority what it holds and then store on a
// majority: a read the value that it found, a write its own value under a tag higher than all that
// it
// found.
type operation struct {
	number   Number
	request  uint64 // the host's
	command  []byte // likewise
	key      string
	argument []byte // of a write
	write    bool

	phase     phase
	tag       Tag // the highest heard of; in the store phase, that of value
	value     []byte
	agreed    bool   // all answers have the same tag
	answered  uint64 // the members that have answered in this phase, as a bit set
	answers   int    // and how many they are
	age, idle uint64 // ticks since it began, and since the phase's message was last sent
}

type phase uint8

const (
	querying phase = iota
	storing
	done
)

func (n *node) propose(p protocol.Propose) {
	c, err := kv.Decode(p.Command)
	switch {
	case err != nil:
		n.done(p.ID, kv.Result{Err: err.Error()})
		return
	case c.Object != object:
		n.done(p.ID, kv.Result{Err: "abd has registers only, no " + c.Object})
		return
	case kv.Check(c.Object, c.F) != nil:
		n.done(p.ID, kv.Result{Err: kv.Check(c.Object, c.F).Error()})
		return
	case n.self < 0:
		n.reject(p.ID, "not a member")
		return
	}
	n.calls++
	o := &operation{
		number: Number{n.life, n.calls}, request: p.ID, command: p.Command, key: c.Key, argument: c.Value,
		write: !kv.ReadOnly(c.Object, c.F),
	}
	if o.write && len(o.argument) == 0 {
		o.argument = null
	}
	n.operations = append(n.operations, o)
	n.begin(o)
}

var null = []byte("null")

// begin asks all members what they hold. The node itself answers first.
func (n *node) begin(o *operation) {
	o.phase, o.answered, o.answers, o.idle = querying, 0, 0, 0
	n.moved = append(n.moved, o)
	h := n.held[o.key]
	o.tag, o.value, o.agreed = h.tag, h.value, true
	if o.write && (n.bug.localClock || n.bug.localCounter) {
		n.choose(o)
		return
	}
	n.point = max(n.point, pointQuery)
	n.ask(o)
	if n.count(o, n.self) {
		n.choose(o)
	}
}

// heard records what a replica holds.
func (n *node) heard(from protocol.NodeID, m *Held) {
	o := n.find(m.Op, querying)
	if o == nil || !n.mayCount(o, from) {
		return
	}
	if m.Tag != o.tag {
		o.agreed = false
	}
	if o.tag.less(m.Tag) || n.bug.latestAnswerWins {
		o.tag, o.value = m.Tag, m.Value
	}
	if n.count(o, n.place(from)) {
		n.choose(o)
	}
}

// choose determines what to store, after a majority has answered.
func (n *node) choose(o *operation) {
	if o.write {
		o.tag, o.value = n.next(o), o.argument
		n.point = max(n.point, pointWrite)
	} else {
		if n.bug.readWithoutWriteBack || (o.agreed && !n.writeBackAlways) {
			n.finish(o)
			return
		}
		n.point = max(n.point, pointWriteBack)
	}
	o.phase, o.answered, o.answers, o.idle = storing, 0, 0, 0
	n.moved = append(n.moved, o)
	n.keep(o.key, o.tag, o.value)
	n.ask(o)
	if n.count(o, n.self) {
		n.finish(o)
	}
}

// next returns a new tag that is higher than all that the operation has heard of. The node's own
// replica is the first to store what the node writes, so it holds every tag that the node has
// chosen,
// on disk before anyone hears of it. next looks at the replica now, not when the operation began,
// because another write of the node may have begun since.
func (n *node) next(o *operation) Tag {
	counter := max(o.tag.Counter, n.held[o.key].tag.Counter)
	switch {
	case n.bug.tagChosenTwice:
		counter = o.tag.Counter
	case n.bug.localClock:
		counter = uint64(n.wall)
	}
	return Tag{Counter: counter + 1, Node: n.id}
}

// acknowledged records that a replica has stored.
func (n *node) acknowledged(from protocol.NodeID, m *Stored) {
	o := n.find(m.Op, storing)
	if o != nil && n.mayCount(o, from) && n.count(o, n.place(from)) {
		n.finish(o)
	}
}

// finish answers the client, and forgets the operation.
func (n *node) finish(o *operation) {
	o.phase = done
	n.moved = append(n.moved, o)
	n.operations = slices.DeleteFunc(n.operations, func(other *operation) bool { return other == o })
	switch {
	case o.write:
		n.done(o.request, kv.Result{OK: true})
	case o.tag.Counter == 0:
		n.done(o.request, kv.Result{OK: true, Value: null})
	default:
		n.done(o.request, kv.Result{OK: true, Value: o.value})
	}
}

func (n *node) done(id uint64, r kv.Result) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Result: r.Encode()})
}

// tick makes operations resend or give up.
func (n *node) tick() {
	for _, o := range n.operations {
		o.age++
		if o.idle++; o.age < n.timeout && o.idle >= n.resend {
			o.idle = 0
			if n.bug.writeStartsAnew && o.phase == storing && o.write {
				n.begin(o)
				continue
			}
			n.ask(o)
		}
	}
	n.operations = slices.DeleteFunc(n.operations, func(o *operation) bool {
		if o.age < n.timeout {
			return false
		}
		n.giveUp(o)
		return true
	})
}

// giveUp answers an operation that found no majority. A read has no effect. A write in its query
// phase
// has none either. In its store phase its outcome is unknown, because a replica that holds the
// value
// can pass it on.
func (n *node) giveUp(o *operation) {
	if o.write && o.phase == storing && !n.bug.rejectsWhatItSent {
		n.out.Reply = append(n.out.Reply, protocol.Reply{
			ID: o.request, Outcome: protocol.Unknown, Reason: "no majority has stored it",
		})
		return
	}
	n.reject(o.request, "no majority answers")
}

// ask sends the phase's message to the members that have not answered.
func (n *node) ask(o *operation) {
	var body any
	if o.phase == querying {
		body = &Query{Op: o.number, Key: o.key}
	} else {
		body = &Store{Op: o.number, Key: o.key, Tag: o.tag, Value: o.value}
	}
	for i, id := range n.members {
		if i != n.self && o.answered&(1<<i) == 0 {
			n.send(id, body)
		}
	}
}

// find returns the operation with that number if it is in that phase. Otherwise the answer is late,
// and
// find returns nil.
func (n *node) find(number Number, in phase) *operation {
	for _, o := range n.operations {
		if o.number == number && o.phase == in {
			return o
		}
	}
	return nil
}

func (n *node) place(id protocol.NodeID) int { return slices.Index(n.members, id) }

// mayCount reports whether an answer is a member's first in this phase.
func (n *node) mayCount(o *operation, from protocol.NodeID) bool {
	i := n.place(from)
	return i >= 0 && (o.answered&(1<<i) == 0 || n.bug.countsAnswers)
}

// count counts a member's answer and reports whether there is a majority now.
func (n *node) count(o *operation, member int) bool {
	o.answered |= 1 << member
	o.answers++
	return o.answers >= n.majority
}
