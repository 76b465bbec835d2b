package proxy

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/splitvote/splitvote/history"
)

// Every link has two gates: one drops what comes while it is shut, the other keeps it.
const (
	cut = iota
	hold
	gates
)

// gate is one of a link's. But for taken it is under Network.mu.
type gate struct {
	free  chan struct{} // closed while the gate is open
	used  bool          // it was shut at some time since all of its kind were last opened
	taken atomic.Uint64 // parcels that it dropped or kept since then
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (g *gate) set(shut bool) {
	switch {
	case shut && g.free == closed:
		g.free = make(chan struct{})
	case !shut && g.free != closed:
		close(g.free)
		g.free = closed
	}
	g.used = g.used || shut
}

func (n *Network) isShut(g *gate) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return g.free != closed
}

// await waits until the gate is open, and reports false if ctx ends first.
func (n *Network) await(ctx context.Context, g *gate) bool {
	n.mu.RLock()
	free := g.free
	n.mu.RUnlock()
	select {
	case <-free:
		return true
	case <-ctx.Done():
		return false
	}
}

// shut shuts the gates of a kind that g names, opens the others, and says how many are shut.
func (n *Network) shut(kind int, g history.Grudge) (links int, err error) {
	named := map[pair]bool{}
	for to, unheard := range g {
		for _, from := range unheard {
			if n.links[pair{from, to}] == nil {
				return 0, fmt.Errorf("cut from %s to %s: no such link", from, to)
			}
			named[pair{from, to}] = true
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for p, l := range n.links {
		l.gates[kind].set(named[p])
	}
	return len(named), nil
}

// open opens all gates of a kind and says what they took.
func (n *Network) open(kind int) Loss {
	n.mu.Lock()
	defer n.mu.Unlock()
	loss := n.loss(kind)
	for _, l := range n.links {
		g := &l.gates[kind]
		g.set(false)
		g.used = false
		g.taken.Store(0)
	}
	return loss
}

func (n *Network) loss(kind int) Loss {
	loss := Loss{Kept: kind == hold || n.config.Stream}
	for _, l := range n.links {
		g := &l.gates[kind]
		if g.used {
			loss.Links++
		}
		if taken := g.taken.Load(); taken > 0 {
			loss.Bitten++
			loss.Messages += taken
		}
	}
	return loss
}

// Loss is what gates of one kind took on their way.
type Loss struct {
	Links    int    // that were cut or held, each direction counted
	Bitten   int    // those of them on which there was something to take
	Messages uint64 // frames, or pieces of a stream
	Kept     bool   // nothing was dropped, it only came late
}

func (l Loss) String() string {
	verb := "dropped"
	if l.Kept {
		verb = "held back"
	}
	return fmt.Sprintf("%d messages %s on %d of %d links", l.Messages, verb, l.Bitten, l.Links)
}

// Cut cuts what g says, and nothing else (P2). It says how many links that are. Links that were cut
// before keep count of what they took until Heal.
func (n *Network) Cut(g history.Grudge) (links int, err error) { return n.shut(cut, g) }

// Heal makes all links whole and says what the cuts took since the last time.
func (n *Network) Heal() Loss { return n.open(cut) }

// Lost is what cuts have taken since the last Heal.
func (n *Network) Lost() Loss {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.loss(cut)
}

// Held is what was held since the last Release.
func (n *Network) Held() Loss {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.loss(hold)
}

// Hold stalls what g says, and nothing else (P5). It says how many links that are.
func (n *Network) Hold(g history.Grudge) (links int, err error) { return n.shut(hold, g) }

// Release lets everything that was held arrive, and says how much that was since the last time.
func (n *Network) Release() Loss { return n.open(hold) }
