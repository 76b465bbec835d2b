package sim

import (
	"slices"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/protocol"
)

// network carries messages between nodes: one link for each pair and direction.
type network struct {
	links   []link // from·n + to
	flights slab[flight]
	delay   Delay
	sent    uint64 // number of the latest message
	weather weather

	cutBefore uint64 // Stats.Cut when the partition began
}

// link is one direction between two nodes.
type link struct {
	stream
	cut     bool          // messages are dropped
	held    bool          // messages wait until they are released
	last    time.Duration // when the latest message in order arrives: none overtakes it (S4)
	newest  uint64        // highest number of a message that arrived
	waiting []int32       // messages held back, in the order in which they would have arrived
}

// flight is a message under way.
type flight struct {
	message  protocol.Message
	number   uint64
	from, to int16
	again    bool // a duplicate
}

// weather is cluster.Link ready for use, with what it did so far.
type weather struct {
	cluster.Link
	loss, duplicate, reorder chance
	before                   Stats // as they were when it began
}

// setback is the least extra delay of a message that is to be overtaken.
var setback = Delay{Mean: 10 * time.Millisecond}

// setBack draws the extra delay of a message that is to be overtaken: setback doubled up to seven
// times, so some arrive a second late, when much has changed.
func (l *link) setBack() time.Duration { return l.of(setback) << l.below(8) }

func newNetwork(seed uint64, nodes int, d Delay) network {
	n := network{delay: d, links: make([]link, nodes*nodes)}
	for i := range n.links {
		n.links[i].stream = newStream(seed, forLink, i)
	}
	return n
}

func (c *Cluster) link(from, to int16) *link { return &c.network.links[int(from)*len(c.nodes)+int(to)] }

// send puts a message of node from on its link.
func (c *Cluster) send(from *node, m *protocol.Message) {
	c.network.sent++
	c.stats.Sent++
	f := flight{message: *m, number: c.network.sent, from: from.index, to: c.indexOf(m.To)}
	if f.to < 0 { // not a member of this cluster
		c.stats.Down++
		return
	}
	if c.trace != nil {
		c.tell(Sent, &f, "")
	}
	l, w := c.link(f.from, f.to), &c.network.weather
	switch {
	case l.cut:
		c.drop(&f, &c.stats.Cut, "cut")
	case l.hits(w.loss):
		c.drop(&f, &c.stats.Lost, "lost")
	case l.hits(w.reorder):
		c.fly(f, c.now+c.travel(l)+l.setBack())
	default:
		l.last = max(l.last, c.now+c.travel(l))
		c.fly(f, l.last)
		if l.hits(w.duplicate) {
			f.again = true
			c.fly(f, c.now+c.travel(l)+l.setBack())
		}
	}
}

// travel draws how long a message is under way.
func (c *Cluster) travel(l *link) time.Duration {
	d := l.of(c.network.delay) + c.network.weather.Delay
	if j := c.network.weather.Jitter; j > 0 {
		d += time.Duration(l.below(uint64(j) + 1))
	}
	return d
}

func (c *Cluster) fly(f flight, at time.Duration) {
	c.queue.push(event{at: at, kind: arrived, node: f.to, ref: c.network.flights.put(f)})
}

// arrive delivers a message, unless the link or the receiver is gone.
func (c *Cluster) arrive(e event) {
	f := &c.network.flights.at[e.ref]
	l, n := c.link(f.from, f.to), &c.nodes[f.to]
	switch {
	case l.cut:
		f := c.network.flights.take(e.ref)
		c.drop(&f, &c.stats.Cut, "cut")
	case l.held:
		l.waiting = append(l.waiting, e.ref)
	case n.core == nil:
		f := c.network.flights.take(e.ref)
		c.drop(&f, &c.stats.Down, "down")
	case n.paused:
		n.inbox.push(e)
	default:
		c.deliver(n, l, c.network.flights.take(e.ref))
	}
}

func (c *Cluster) deliver(n *node, l *link, f flight) {
	c.stats.Delivered++
	switch {
	case f.again:
		c.stats.Duplicated++
	case f.number < l.newest:
		c.stats.Overtaken++
	default:
		l.newest = f.number
	}
	if c.trace != nil {
		c.tell(Delivered, &f, "")
	}
	c.step(n, protocol.Receive{Message: f.message})
}

func (c *Cluster) drop(f *flight, counter *uint64, why string) {
	*counter++
	if c.trace != nil {
		c.tell(Dropped, f, why)
	}
}

func (c *Cluster) tell(what What, f *flight, why string) {
	c.trace(Event{At: c.now, What: what, From: c.nodes[f.from].id, To: c.nodes[f.to].id, Number: f.number,
		Body: f.message.Body, Why: why})
}

// release delivers the messages that waited at a held link, in one burst. It returns their number.
func (c *Cluster) release(l *link) int {
	waiting := l.waiting
	l.waiting = nil
	for _, ref := range waiting {
		c.queue.push(event{at: c.now, kind: arrived, node: c.network.flights.at[ref].to, ref: ref})
	}
	return len(waiting)
}

// indexOf finds a node by name; clusters are so small that a scan beats hashing.
func (c *Cluster) indexOf(id protocol.NodeID) int16 {
	return int16(slices.Index(c.members, id))
}
