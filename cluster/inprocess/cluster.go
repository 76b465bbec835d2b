package inprocess

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/inprocess/network"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/history"
)

// Config is what this backend needs beyond cluster.Config, whose Target, Options, Bug, Tick and
// Reaper it does not use. With Dir "" data goes to a temporary directory and logs nowhere.
type Config struct {
	cluster.Config
	Name  string // of the system under test
	Start func(Member) (Node, error)
	Dial  func(context.Context, Member) (cluster.Client, error)
	Limit time.Duration // how long Start, the first Dial and Close may take; 0 is DefaultLimit
}

// DefaultLimit is how long a function of the user's may take.
const DefaultLimit = 10 * time.Second

// Cluster is members in this process.
type Cluster struct {
	*live.Clients
	config  Config
	nodes   map[history.NodeID]*node
	network *network.Network
	errands *errands
	grace   time.Duration // that all which was started has to end
	scratch string        // directory to remove at the end
	logs    []io.Closer
	work    sync.WaitGroup
	closing sync.Once
	err     error // of Close

	mu     sync.Mutex
	failed []error // of functions that nobody waited for
	panic  error   // the first of a Dial
}

var _ interface {
	cluster.Cluster
	cluster.Observer
	cluster.Killer
	cluster.Pauser
	cluster.Partitioner
	cluster.Holder
	cluster.LinkBreaker
} = (*Cluster)(nil)

// Open starts all members at once, waits until Start has returned for each, and tries a Dial. try,
// if set, is given the client. If something fails nothing is left running.
func Open(ctx context.Context, config Config, try func(cluster.Client) error) (*Cluster, error) {
	config.Limit = cmp.Or(config.Limit, DefaultLimit)
	c := &Cluster{
		config: config, nodes: map[history.NodeID]*node{}, network: network.New(config.Nodes, config.Seed),
		grace: config.Limit, errands: &errands{label: rand.Text(), under: map[uint64]string{}},
	}
	if err := c.open(ctx, try); err != nil {
		c.grace = config.Limit / 10
		if closed := c.Close(); closed != nil && !errors.Is(err, errLate) {
			err = fmt.Errorf("%w; %w", err, closed)
		}
		return nil, err
	}
	return c, nil
}

func (c *Cluster) open(ctx context.Context, try func(cluster.Client) error) (err error) {
	if c.config.Start == nil || c.config.Dial == nil {
		return errors.New("want both a Start and a Dial")
	}
	if c.config.Dir == "" {
		if c.scratch, err = os.MkdirTemp("", "splitvote-"); err != nil {
			return err
		}
	} else {
		c.scratch = filepath.Join(c.config.Dir, "data")
	}
	for at, id := range c.config.Nodes {
		log, err := openLog(c.config.Dir, id)
		if err != nil {
			return err
		}
		c.logs = append(c.logs, log)
		dir := filepath.Join(c.scratch, string(id))
		c.nodes[id] = &node{id: id, seed: c.config.Seed<<8 + uint64(at), dir: dir, log: log}
	}
	// Exits are told through the clients, which a member that starts may need.
	c.Clients = live.NewClients(live.Config{
		Target: target{c}, Nodes: c.config.Nodes, Object: c.config.Object, Run: c.config.Run,
		Retry: c.config.Retry, Addr: c.addr, OnStatus: c.config.OnStatus, OnExit: c.config.OnExit,
	})
	starts, starting := errgroup.WithContext(ctx)
	for _, n := range c.nodes {
		starts.Go(func() error {
			n.power.Lock()
			defer n.power.Unlock()
			return c.start(starting, n)
		})
	}
	if err := starts.Wait(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Limit)
	defer cancel()
	k, err := c.dial(ctx, c.nodes[c.config.Nodes[0]].current())
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: waited %v", err, c.config.Limit)
		}
		return err
	}
	defer k.Close()
	if try != nil {
		return try(k.inner)
	}
	return nil
}

func (c *Cluster) members() []string {
	var ids []string
	for _, id := range c.config.Nodes {
		ids = append(ids, string(id))
	}
	return ids
}

func (c *Cluster) addr(id history.NodeID) string {
	if i := c.nodes[id].current(); i != nil {
		return i.addr()
	}
	return ""
}

// Close ends clients and members, and says what is left behind (I5).
func (c *Cluster) Close() error {
	c.closing.Do(func() { c.err = c.close() })
	return c.err
}

func (c *Cluster) close() error {
	var errs []error
	if c.Clients != nil {
		errs = append(errs, c.Clients.Close())
	}
	for _, n := range c.nodes {
		n.power.Lock()
		if i := n.current(); i != nil && !i.down() {
			close(i.dead)
			i.cancel()
			c.end(i)
		}
		n.power.Unlock()
	}
	// Members end in peace if they can: only then is the network taken from them.
	late := c.errands.wait(c.grace)
	c.network.Close()
	if late != nil && c.errands.wait(c.grace/10) == nil {
		late = nil
	}
	c.work.Wait()
	if late == nil {
		late = c.errands.leaked(c.grace / 2)
	}
	errs = append(errs, late)
	c.mu.Lock()
	errs = append(errs, c.failed...)
	c.mu.Unlock()
	for _, log := range c.logs {
		errs = append(errs, log.Close())
	}
	if c.scratch != "" {
		errs = append(errs, os.RemoveAll(c.scratch))
	}
	return errors.Join(errs...)
}

func (c *Cluster) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, err)
}

func (c *Cluster) panicked(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.panic == nil {
		c.panic = err
	}
}

// Panicked is the first panic of a client or a fault, nil if there was none.
func (c *Cluster) Panicked() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.panic != nil {
		return c.panic
	}
	return c.Clients.Panicked()
}

// target is the members as live.Clients want them: an address is an incarnation.
type target struct{ *Cluster }

func (t target) Name() string                         { return t.config.Name }
func (t target) Objects() []string                    { return []string{t.config.Object} }
func (t target) Launch(cluster.Member) cluster.Launch { return cluster.Launch{} }

func (t target) Dial(ctx context.Context, addr string, _ cluster.Session) (cluster.Client, error) {
	i, err := t.at(addr)
	if err != nil {
		return nil, err
	}
	return t.dial(ctx, i)
}

func (t target) at(addr string) (*incarnation, error) {
	id, _, _ := strings.Cut(addr, "/")
	n, ok := t.nodes[history.NodeID(id)]
	if !ok {
		return nil, errors.New("the member does not run yet")
	}
	i := n.current()
	if i == nil || i.down() || i.addr() != addr {
		return nil, fmt.Errorf("%s is down", id)
	}
	return i, nil
}

// Status asks a member who leads, if it can be asked.
func (t target) Status(ctx context.Context, addr string) (cluster.Status, error) {
	i, err := t.at(addr)
	if err != nil {
		return cluster.Status{}, err
	}
	if t.network.Paused(i.of.id) != nil {
		return cluster.Status{}, fmt.Errorf("%s is paused", i.of.id)
	}
	l, ok := i.node.(Leader)
	if !ok {
		return cluster.Status{Up: true}, nil
	}
	told := make(chan cluster.Status, 1)
	t.errands.run(string(i.of.id), "Leader of "+string(i.of.id), func() {
		defer t.guard("Leader of " + string(i.of.id))
		id, term := l.Leader()
		told <- cluster.Status{Up: true, Leader: history.NodeID(id), Term: term}
	})
	select {
	case s := <-told:
		return s, nil
	case <-ctx.Done():
		return cluster.Status{}, ctx.Err()
	}
}
