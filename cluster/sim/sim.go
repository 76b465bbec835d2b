package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

// Options are how the simulated world is. The zero Options are a quiet data centre.
type Options struct {
	Network Delay // of a message from node to node; zero: DefaultNetwork
	Client  Delay // of a request or an answer between client and node; zero: DefaultClient
	Disk    Delay // of making a log durable; zero: DefaultDisk
	// Unchecked leaves the protocol's invariants unwatched.
	Unchecked bool
	// Trace, if set, is told what happens among the nodes, as it happens.
	Trace func(Event)
}

// How long things take where Options do not say otherwise.
var (
	DefaultNetwork = Delay{Base: 200 * time.Microsecond, Mean: 300 * time.Microsecond}
	DefaultClient  = Delay{Base: 100 * time.Microsecond, Mean: 100 * time.Microsecond}
	DefaultDisk    = Delay{Base: 200 * time.Microsecond, Mean: 400 * time.Microsecond}
)

// errRepeated breaks P4.
var errRepeated = errors.New("a request was answered twice (P4)")

// Cluster is a simulated cluster.
type Cluster struct {
	cfg        cluster.Config
	target     cluster.Simulable
	protocol   protocol.Protocol
	invariants protocol.Invariants // nil: none, or not watched
	trace      func(Event)
	watched    bool // someone wants to know when a node's status changes

	now     time.Duration
	queue   queue
	nodes   []node
	inCore  history.NodeID // whose core runs now
	ids     []history.NodeID
	members []protocol.NodeID
	network network
	out     protocol.Output // of the step being carried out; here, where it costs no allocation

	clients     stream
	clientDelay Delay
	calls       slab[call]
	requests    slab[request]
	attempts    uint64
	processes   map[history.Process]*process
	ready       fifo[history.Op]
	closed      bool

	membership membership
	invoked    []invoked // all of them, where invariants are watched
	violations []Violation
	stats      Stats
}

// Open starts a cluster at virtual time 0. The target must be cluster.Simulable.
func Open(cfg cluster.Config, opts Options) (*Cluster, error) {
	target, ok := cfg.Target.(cluster.Simulable)
	switch {
	case !ok:
		return nil, fmt.Errorf("sim: target %s cannot be simulated", cfg.Target.Name())
	case len(cfg.Nodes) == 0:
		return nil, errors.New("sim: no nodes")
	case cfg.Tick <= 0:
		return nil, fmt.Errorf("sim: a tick of %v is no length of time", cfg.Tick)
	}
	c := &Cluster{
		cfg: cfg, target: target, protocol: target.Protocol(), trace: opts.Trace,
		nodes: make([]node, len(cfg.Nodes)), ids: cfg.Nodes,
		network: newNetwork(cfg.Seed, len(cfg.Nodes), orDefault(opts.Network, DefaultNetwork)),
		clients: newStream(cfg.Seed, forClients, 0), clientDelay: orDefault(opts.Client, DefaultClient),
		processes: map[history.Process]*process{},
	}
	if c.protocol.Invariants != nil && !opts.Unchecked {
		c.invariants = c.protocol.Invariants()
	}
	for _, id := range cfg.Nodes {
		c.members = append(c.members, protocol.NodeID(id))
	}
	for i := range c.nodes {
		n := &c.nodes[i]
		n.id, n.pid, n.index = cfg.Nodes[i], c.members[i], int16(i)
		n.stream = newStream(cfg.Seed, forNode, i)
		n.clock = clock{shown: epoch}
		n.disk = disk{stream: newStream(cfg.Seed, forDisk, i), delay: orDefault(opts.Disk, DefaultDisk)}
		if err := c.boot(n); err != nil {
			return nil, fmt.Errorf("sim: %w", err)
		}
	}
	if cfg.Dir != "" {
		if err := c.openJournals(); err != nil {
			return nil, fmt.Errorf("sim: %w", err)
		}
	}
	c.watched = cfg.OnStatus != nil || cfg.Dir != ""
	return c, nil
}

func orDefault(d, standard Delay) Delay {
	if d == (Delay{}) {
		return standard
	}
	return d
}

// Nodes are the cluster's members.
func (c *Cluster) Nodes() []history.NodeID { return c.ids }

// Now is the virtual time since Open.
func (c *Cluster) Now() time.Duration { return c.now }

// Do runs f at once, at one moment of virtual time.
func (c *Cluster) Do(_ history.Op, f func(context.Context) history.Op) {
	op := f(context.Background())
	op.Time = c.now
	c.ready.push(op)
}

// pollEvery is how many events pass between two checks of the context.
const pollEvery = 4096

// Next runs events until a completion is ready, or until all events up to the given time have
// happened.
func (c *Cluster) Next(ctx context.Context, until time.Duration) (history.Op, bool) {
	for n := 0; c.ready.len() == 0; n++ {
		if n%pollEvery == 0 && ctx.Err() != nil {
			return history.Op{}, false
		}
		if c.closed || c.queue.empty() || c.queue.heap[0].at > until {
			c.now = max(c.now, until)
			return history.Op{}, false
		}
		e := c.queue.pop()
		c.now = e.at
		c.stats.Events++
		c.handle(e)
	}
	return c.ready.pop(), true
}

// handle lets an event happen.
func (c *Cluster) handle(e event) {
	switch e.kind {
	case ticked:
		if n := &c.nodes[e.node]; n.life == e.tag {
			c.tick(n)
		}
	case arrived:
		c.arrive(e)
	case synced:
		if n := &c.nodes[e.node]; n.life == e.tag {
			c.finishSync(n)
		}
	case asked:
		c.ask(e)
	case answered, expired:
		c.conclude(e)
	case retried:
		if k := &c.calls.at[e.ref]; k.id == e.tag && k.stage == waiting {
			c.attempt(e.ref)
		}
	case urged:
		c.urge()
	}
}

// Close ends every call under way with an unknown outcome; Next still hands those out. Time stands
// still from then on.
func (c *Cluster) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	for i := range c.calls.at {
		if k := &c.calls.at[i]; k.stage != free {
			c.complete(k.op, history.Info, "cluster closed")
		}
	}
	c.calls, c.queue.heap = slab[call]{}, nil
	return c.closeJournals()
}

// InCore is the node whose core runs now. After a panic it is the one whose core panicked; "" means
// that something else did.
func (c *Cluster) InCore() history.NodeID {
	id := c.inCore
	c.inCore = ""
	return id
}
