package proxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
)

// Config says between whom a network is.
type Config struct {
	Nodes []history.NodeID
	// Addr is the host:port on which a node listens for its peers now. It is asked for every connection, by several
	// goroutines.
	Addr func(history.NodeID) string
	// Stream says that connections are plain streams of bytes, not frames.
	Stream bool
	Seed   uint64 // of the draws of a lossy link
}

// Network is the links between all nodes, each direction of a pair by itself.
type Network struct {
	config Config
	links  map[pair]*link
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu     sync.RWMutex // of behave, cut, and every link's cut and whole
	behave nemesis.Link
	cut    []*link // every link that was cut since the last Heal

	touched atomic.Uint64 // parcels to which behave did something
	draw    sync.Mutex    // of random
	random  *rand.Rand
}

type pair struct{ from, to history.NodeID }

// Loss is what a cut took.
type Loss struct {
	Cut      int    // links that were cut, each direction counted
	Bitten   int    // those of them on which something was lost
	Messages uint64 // frames dropped; of streams, pieces held back
}

// Listen opens every link. They are honest until told otherwise.
func Listen(c Config) (*Network, error) {
	ctx, cancel := context.WithCancel(context.Background())
	n := &Network{config: c, links: map[pair]*link{}, ctx: ctx, cancel: cancel}
	n.random = rand.New(rand.NewPCG(c.Seed, 0))
	for _, from := range c.Nodes {
		for _, to := range c.Nodes {
			if from == to {
				continue
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return nil, errors.Join(fmt.Errorf("proxy from %s to %s: %w", from, to, err), n.Close())
			}
			n.links[pair{from, to}] = &link{pair: pair{from, to}, listener: l, whole: closed}
		}
	}
	for _, l := range n.links {
		n.work.Go(func() { n.accept(l) })
	}
	return n, nil
}

// Addr is the host:port at which one node dials another.
func (n *Network) Addr(from, to history.NodeID) string {
	return n.links[pair{from, to}].listener.Addr().String()
}

// Cut cuts what g says, and nothing else. Links that were cut before and are now whole keep count of what they took
// until Heal.
func (n *Network) Cut(g history.Grudge) error {
	cut := map[pair]bool{}
	for to, unheard := range g {
		for _, from := range unheard {
			if n.links[pair{from, to}] == nil {
				return fmt.Errorf("cut from %s to %s: no such link", from, to)
			}
			cut[pair{from, to}] = true
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for p, l := range n.links {
		if cut[p] && !l.cut {
			l.cut = true
			n.cut = append(n.cut, l)
		}
		l.set(cut[p])
	}
	return nil
}

// Heal makes all links whole and says what the cuts took since the last time.
func (n *Network) Heal() Loss {
	n.mu.Lock()
	defer n.mu.Unlock()
	loss := n.loss()
	for _, l := range n.cut {
		l.set(false)
		l.cut = false
		l.taken.Store(0)
	}
	n.cut = nil
	return loss
}

// Loss is what cuts have taken since the last Heal.
func (n *Network) Loss() Loss {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.loss()
}

func (n *Network) loss() Loss {
	loss := Loss{Cut: len(n.cut)}
	for _, l := range n.cut {
		if taken := l.taken.Load(); taken > 0 {
			loss.Bitten++
			loss.Messages += taken
		}
	}
	return loss
}

// Behave makes every link behave like b from now on, and says to how many parcels the links did something since the last
// time.
func (n *Network) Behave(b nemesis.Link) (touched uint64, err error) {
	if n.config.Stream && (b.Loss > 0 || b.Duplicate > 0 || b.Reorder > 0) {
		return 0, errors.New("lose, duplicate or reorder: this target's links are streams of bytes, they can only be slow")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.behave = b
	return n.touched.Swap(0), nil
}

// Close ends all connections and waits for them.
func (n *Network) Close() error {
	n.cancel()
	var errs []error
	for _, l := range n.links {
		if err := l.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	n.work.Wait()
	return errors.Join(errs...)
}
