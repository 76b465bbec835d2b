package network

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Latency is how long a segment takes over a link that nothing is wrong with: at least Least, and
// at most Most.
const (
	Least = 100 * time.Microsecond
	Most  = 500 * time.Microsecond
)

// Network is the links between all members, each direction of a pair by itself.
type Network struct {
	mu     sync.Mutex
	random *rand.Rand
	nodes  map[history.NodeID]*Host // the current host of each member
	known  map[history.NodeID]bool
	gates  [gates]gate
	paused map[history.NodeID]*uint64 // how much each has kept waiting
	conns  map[*conn]struct{}
	// changed is closed, and made anew, whenever a gate opens: dials wait for it.
	changed chan struct{}
	behave  cluster.Link
	did     Record
}

// pair is a link's direction.
type pair struct{ from, to history.NodeID }

// New makes the network of the given members. The seed decides latencies and losses.
func New(nodes []history.NodeID, seed uint64) *Network {
	n := &Network{
		random: rand.New(rand.NewPCG(seed, 0x6e6574)),
		nodes:  map[history.NodeID]*Host{}, known: map[history.NodeID]bool{},
		paused: map[history.NodeID]*uint64{}, conns: map[*conn]struct{}{}, changed: make(chan struct{}),
	}
	for _, id := range nodes {
		n.known[id] = true
	}
	for i := range n.gates {
		n.gates[i] = gate{shut: map[pair]bool{}, used: map[pair]bool{}, taken: map[pair]uint64{}}
	}
	return n
}

// latency draws how long a segment takes from one host to another. The caller holds mu.
func (n *Network) latency(from, to *Host) time.Duration {
	d := Least + time.Duration(n.random.Int64N(int64(Most-Least)))
	if !from.member() || !to.member() || n.behave == (cluster.Link{}) {
		return d
	}
	n.did.Messages++
	d += n.behave.Delay
	if n.behave.Jitter > 0 {
		d += time.Duration(n.random.Int64N(int64(n.behave.Jitter) + 1))
	}
	if lost := 0; n.behave.Loss > 0 {
		for lost < mostLost && n.random.Float64() < n.behave.Loss {
			lost++
		}
		if lost > 0 {
			n.did.Lost++
			d += retransmitted(lost)
		}
	}
	if n.behave.Reorder > 0 && n.random.Float64() < n.behave.Reorder {
		n.did.Overtaken++
		d += overtaken
	}
	return d
}

const (
	// rto is how long a sender waits before it sends again the first time; each time twice as long.
	rto = 200 * time.Millisecond
	// mostLost is how often in a row a segment is lost at most.
	mostLost = 5
	// overtaken is how long a segment that others overtook keeps these waiting.
	overtaken = 5 * time.Millisecond
)

// retransmitted is when a segment is sent for the last time that was lost so often, after it was
// sent first.
func retransmitted(lost int) time.Duration { return rto * (1<<lost - 1) }

// retransmission is the first time from now on at which TCP would repeat what it sent at the time
// since.
func retransmission(since, now time.Time) time.Time {
	for lost := 1; ; lost++ {
		if at := since.Add(retransmitted(lost)); !at.Before(now) || lost > 20 {
			return at
		}
	}
}

// Record is what all links between members did while they behaved in one way.
type Record struct {
	Link                      cluster.Link
	Messages, Lost, Overtaken uint64
}

// Bit says whether any message was harmed. Duplicates do not show in a stream.
func (r Record) Bit() bool { return r.Lost+r.Overtaken > 0 || r.slow() && r.Messages > 0 }

func (r Record) slow() bool { return r.Link.Delay+r.Link.Jitter > 0 }

func (r Record) String() string {
	s := fmt.Sprintf("of %d messages %d lost and sent again, %d overtaken", r.Messages, r.Lost, r.Overtaken)
	if r.slow() {
		s += fmt.Sprintf(", all delayed by %v to %v", r.Link.Delay, r.Link.Delay+r.Link.Jitter)
	}
	if r.Link.Duplicate > 0 {
		s += "; a stream of bytes hides duplicates"
	}
	return s
}

// Behave makes every link between members behave like l from now on, and says what they did until
// now.
func (n *Network) Behave(l cluster.Link) (Record, error) {
	for _, ratio := range []float64{l.Loss, l.Duplicate, l.Reorder} {
		if !(ratio >= 0 && ratio <= 1) {
			return Record{}, fmt.Errorf("set links: a ratio of %v is not from 0 to 1", ratio)
		}
	}
	if l.Delay < 0 || l.Jitter < 0 {
		return Record{}, errors.New("set links: want no delay or jitter below 0")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	did := n.did
	n.behave, n.did = l, Record{Link: l}
	return did, nil
}

// Close kills every host and stops every timer.
func (n *Network) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	open := slices.Collect(maps.Keys(n.conns))
	for _, h := range n.nodes {
		h.kill()
	}
	for _, c := range open {
		c.abort()
	}
	for _, c := range open {
		c.out.drop()
	}
	clear(n.conns)
	n.wake()
}

// wake lets dials look again. The caller holds mu.
func (n *Network) wake() {
	close(n.changed)
	n.changed = make(chan struct{})
}
