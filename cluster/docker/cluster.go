package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/history"
)

// Cluster is a target in containers. It can be killed, paused and partitioned (package nemesis).
type Cluster struct {
	*live.Clients

	engine       *engine
	target       cluster.Target
	image        string // of our own binary
	run          string
	dir          string
	network      string // of the run's own; "" where the cluster was found running
	reaper       interface{ Note(kind, name string) error }
	readyTimeout time.Duration
	nodes        []*node

	ctx    context.Context // of what runs in the background
	cancel context.CancelFunc
	logs   sync.WaitGroup // of nodes, which end with them
	work   sync.WaitGroup // what else runs until ctx ends
	close  func() error
	// closing is set before anything of the cluster is taken down: what ends from then on is no
	// news.
	closing atomic.Bool

	saying sync.Mutex
	log    io.Writer

	cutting sync.Mutex // one change of the cut at a time
	cut     history.Grudge
	lost    map[link]uint64 // packets dropped since the last heal
}

// Options is what this backend needs beyond cluster.Config.
type Options struct {
	// Executable is the static Linux binary that the image is made of; "" is this program's own.
	Executable string
	// Ready is how long a node may take until it serves; 0 is as its launch says.
	Ready time.Duration
	// ClientPort is, for Attach, the container's port that clients speak to; 0 is the only
	// published one.
	ClientPort uint16
}

func newCluster(e *engine, image string, cfg cluster.Config, opts Options) *Cluster {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Cluster{
		engine: e, image: image, target: cfg.Target, run: cfg.Run, dir: cfg.Dir, log: cfg.Log,
		reaper: cfg.Reaper, ctx: ctx, cancel: cancel, lost: map[link]uint64{},
	}
	common := cfg.Target.Launch(cluster.Member{Members: cfg.Nodes})
	c.readyTimeout = cmp.Or(opts.Ready, common.Within, cluster.DefaultWithin)
	c.close = sync.OnceValue(c.tearDown)
	return c
}

// serve begins the clients' half once every node is ready.
func (c *Cluster) serve(cfg cluster.Config) {
	ids := make([]history.NodeID, len(c.nodes))
	for i, n := range c.nodes {
		ids[i] = n.id
	}
	c.Clients = live.NewClients(live.Config{
		Target: cfg.Target, Nodes: ids, Object: cfg.Object, Run: cfg.Run, Retry: cfg.Retry, OnStatus: cfg.OnStatus,
		OnExit: cfg.OnExit,
		Addr: func(id history.NodeID) string {
			n, err := c.node(id)
			if err != nil {
				return ""
			}
			return n.address()
		},
	})
	c.watch()
}

// Close ends every call and removes what was started; a cluster that was found running is handed
// back whole.
func (c *Cluster) Close() error { return c.close() }

// closeLimit is the time that tearing down may take: an engine that is gone must not keep the
// harness.
const closeLimit = 30 * time.Second

func (c *Cluster) tearDown() error {
	c.closing.Store(true)
	var errs []error
	if c.Clients != nil {
		errs = append(errs, c.Clients.Close())
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	switch err := Available(ctx); {
	case err != nil:
		errs = append(errs, &Error{fmt.Errorf("the containers of run %s are left: %w", c.run, err),
			"splitvote clean removes them once the engine is back"})
		c.hangUp()
	case c.found():
		errs = append(errs, c.handBack(ctx))
	default:
		errs = append(errs, c.remove(ctx))
	}
	c.awaitLogs()
	c.cancel()
	c.logs.Wait()
	c.work.Wait()
	return errors.Join(append(errs, c.engine.Close())...)
}

// remove takes down the run's containers, nodes first, and its network. It goes by labels: an Open
// that was interrupted may have made what no variable knows of.
func (c *Cluster) remove(ctx context.Context) error {
	_, err := c.engine.removeAll(ctx, labelRun+"="+c.run)
	c.hangUp()
	return err
}

// hangUp ends the connections to the side containers.
func (c *Cluster) hangUp() {
	for _, n := range c.nodes {
		if s := n.neighbour(); s != nil {
			s.close()
		}
	}
}

// awaitLogs gives the last lines of nodes that are gone a moment to arrive.
func (c *Cluster) awaitLogs() {
	done := make(chan struct{})
	go func() { c.logs.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

// found reports whether the cluster was found running and is not ours.
func (c *Cluster) found() bool { return c.network == "" }

func (c *Cluster) node(id history.NodeID) (*node, error) {
	i := slices.IndexFunc(c.nodes, func(n *node) bool { return n.id == id })
	if i < 0 {
		return nil, fmt.Errorf("docker: no node %s", id)
	}
	return c.nodes[i], nil
}

// say writes a line of progress.
func (c *Cluster) say(format string, args ...any) {
	c.saying.Lock()
	defer c.saying.Unlock()
	fmt.Fprintf(c.log, "docker: "+format+"\n", args...)
}
