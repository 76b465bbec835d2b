package network

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Every link has two gates, which keep back what comes while they are shut.
const (
	cut = iota
	hold
	gates
)

// gate is all links' gates of one kind.
type gate struct {
	shut  map[pair]bool
	used  map[pair]bool   // shut at some time since all were last opened
	taken map[pair]uint64 // segments and dials that were kept back since then
}

// Loss is what gates of one kind kept back.
type Loss struct {
	Links    int // that were shut, each direction counted
	Bitten   int // those of them on which there was something to keep back
	Messages uint64
}

func (l Loss) String() string {
	return fmt.Sprintf("%d messages held back on %d of %d links", l.Messages, l.Bitten, l.Links)
}

// Cut cuts what g says, and nothing else. It says how many links that are.
func (n *Network) Cut(g history.Grudge) (links int, err error) { return n.shut(cut, g) }

// Heal makes all links whole, and says what the cuts kept back since the last time.
func (n *Network) Heal() Loss { return n.open(cut) }

// Hold stalls what g says, and nothing else. It says how many links that are.
func (n *Network) Hold(g history.Grudge) (links int, err error) { return n.shut(hold, g) }

// Release lets everything that was held arrive, and says how much that was.
func (n *Network) Release() Loss { return n.open(hold) }

func (n *Network) shut(kind int, g history.Grudge) (links int, err error) {
	named := map[pair]bool{}
	for to, unheard := range g {
		for _, from := range unheard {
			if !n.known[from] || !n.known[to] || from == to {
				return 0, fmt.Errorf("cut from %s to %s: no such link", from, to)
			}
			named[pair{from, to}] = true
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gates[kind].shut = named
	maps.Copy(n.gates[kind].used, named)
	n.pass()
	return len(named), nil
}

func (n *Network) open(kind int) Loss {
	n.mu.Lock()
	defer n.mu.Unlock()
	g := &n.gates[kind]
	loss := Loss{Links: len(g.used), Bitten: len(g.taken)}
	for _, taken := range g.taken {
		loss.Messages += taken
	}
	g.shut, g.used, g.taken = map[pair]bool{}, map[pair]bool{}, map[pair]uint64{}
	n.pass()
	return loss
}

// Pause stalls everything that comes to a member, from clients too, and everything that comes from
// it. It reports false if that is so already.
func (n *Network) Pause(id history.NodeID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.paused[id] != nil {
		return false
	}
	n.paused[id] = new(uint64)
	return true
}

// Resume ends a pause and says how many segments and dials it kept waiting. It reports false if
// there was none.
func (n *Network) Resume(id history.NodeID) (waited uint64, was bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := n.paused[id]
	if count == nil {
		return 0, false
	}
	delete(n.paused, id)
	n.pass()
	return *count, true
}

// Paused is a channel that is closed when gates have opened, nil if the member is not paused.
func (n *Network) Paused(id history.NodeID) <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.paused[id] == nil {
		return nil
	}
	*n.paused[id]++
	return n.changed
}

// stall says whether nothing arrives at to from from now, counts what is kept back, and says
// whether it will have to be sent again. The caller holds mu.
func (n *Network) stall(from, to *Host, messages int) (stalled, again bool) {
	if from.member() && to.member() {
		p := pair{from.id, to.id}
		for kind := range n.gates {
			if n.gates[kind].shut[p] {
				n.gates[kind].taken[p] += uint64(messages)
				return true, kind == cut
			}
		}
	}
	for _, h := range []*Host{from, to} {
		if waiting := n.paused[h.id]; h.member() && waiting != nil {
			*waiting += uint64(messages)
			return true, false
		}
	}
	return false, false
}

// pass lets go on what is no longer stalled. The caller holds mu.
func (n *Network) pass() {
	now := time.Now()
	// The order decides nothing but which of several draws of a latency is whose.
	for _, c := range slices.Collect(maps.Keys(n.conns)) {
		c.out.pass(now)
	}
	n.wake()
}
