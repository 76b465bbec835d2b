package proxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Config says between whom a network is.
type Config struct {
	Nodes []history.NodeID
	// Addr is the host:port on which a node listens for its peers now. It is asked for every
	// connection, by several goroutines.
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

	mu     sync.RWMutex // of behave and of every link's gates
	behave cluster.Link

	draw   sync.Mutex // of random and did
	random *rand.Rand
	did    Record // of behave, while it is no honest link
}

type pair struct{ from, to history.NodeID }

// Record is what all links did while they behaved in one way.
type Record struct {
	Link                                  cluster.Link
	Messages, Lost, Duplicated, Overtaken uint64 // of Messages, frames or pieces of streams
}

// Bit says whether any message was harmed.
func (r Record) Bit() bool {
	return r.Lost+r.Duplicated+r.Overtaken > 0 || r.slow() && r.Messages > 0
}

func (r Record) slow() bool { return r.Link.Delay+r.Link.Jitter > 0 }

func (r Record) String() string {
	s := fmt.Sprintf("of %d messages %d lost, %d repeated, %d overtaken", r.Messages, r.Lost, r.Duplicated, r.Overtaken)
	if r.slow() {
		s += fmt.Sprintf(", all delayed by %v to %v", r.Link.Delay, r.Link.Delay+r.Link.Jitter)
	}
	return s
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
			n.links[pair{from, to}] = &link{
				pair: pair{from, to}, listener: l, gates: [gates]gate{{free: closed}, {free: closed}},
			}
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

// Behave makes every link behave like l from now on, and says what they did until now.
func (n *Network) Behave(l cluster.Link) (Record, error) {
	for _, ratio := range []float64{l.Loss, l.Duplicate, l.Reorder} {
		if !(ratio >= 0 && ratio <= 1) {
			return Record{}, fmt.Errorf("set links: a ratio of %v is not from 0 to 1", ratio)
		}
	}
	if l.Delay < 0 || l.Jitter < 0 {
		return Record{}, fmt.Errorf("set links: a delay of %v and a jitter of %v: want none below 0", l.Delay, l.Jitter)
	}
	if n.config.Stream && (l.Loss > 0 || l.Duplicate > 0 || l.Reorder > 0) {
		return Record{},
			errors.New("set links: this target's links are streams of bytes, which can be slow but not lossy")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.behave = l
	n.draw.Lock()
	defer n.draw.Unlock()
	did := n.did
	n.did = Record{Link: l}
	return did, nil
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
