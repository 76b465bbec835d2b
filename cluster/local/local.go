package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/cluster/local/proxy"
	"github.com/splitvote/splitvote/history"
)

// Config is what this backend needs beyond cluster.Config. With Dir "" logs and data go to a
// temporary directory.
type Config struct {
	cluster.Config
	Executable string        // the binary whose arguments Launch gives; "" is the one that runs now
	State      string        // where the ledger is kept; "" is StateDir
	Keep       bool          // keep the nodes' data, in Dir/data/<node>, when the cluster is closed
	Ready      time.Duration // in which a started node must serve; 0 is as its launch says
}

// grace is how long a node may take to end cleanly when the cluster is closed.
const grace = 2 * time.Second

// Cluster is a target's nodes as child processes.
type Cluster struct {
	*live.Clients
	config   Config
	common   cluster.Launch // what is the same for all members
	nodes    map[history.NodeID]*node
	network  *proxy.Network
	launcher *launcher
	ports    ports
	ledger   *ledger
	mark     string // in the environment of all nodes
	scratch  string // directory to remove at the end, "" for none
	http     *http.Client
	work     sync.WaitGroup
	oomKills uint64 // processes that the kernel had killed for want of memory before the cluster was opened
	logging  sync.Mutex
	closing  sync.Once
	closeErr error
}

var _ interface {
	cluster.Cluster
	cluster.Observer
	cluster.Killer
	cluster.Pauser
	cluster.Partitioner
	cluster.Holder
	cluster.LinkBreaker
	cluster.Skewer
} = (*Cluster)(nil)

// Open starts all nodes and waits until each serves. If one does not, or ctx ends first, nothing is
// left running, and a *NodeError holds what the node said last.
func Open(ctx context.Context, config Config) (*Cluster, error) {
	c := &Cluster{
		config: config, nodes: map[history.NodeID]*node{}, launcher: newLauncher(), oomKills: oomKills(),
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	c.common = config.Target.Launch(cluster.Member{Members: config.Nodes})
	c.config.Ready = cmp.Or(config.Ready, c.common.Within, cluster.DefaultWithin)
	if err := c.open(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cluster) open(ctx context.Context) error {
	if err := c.prepare(); err != nil {
		return err
	}
	var err error
	c.network, err = proxy.Listen(proxy.Config{
		Nodes: c.config.Nodes, Seed: c.config.Seed,
		Stream: c.common.Stream,
		Addr:   func(id history.NodeID) string { return c.nodes[id].at.Load().peer },
	})
	if err != nil {
		return err
	}
	starts, ctx := errgroup.WithContext(ctx)
	for _, n := range c.nodes {
		starts.Go(func() error {
			n.mu.Lock()
			defer n.mu.Unlock()
			_, err := c.start(ctx, n, startWait{c.config.Ready, true})
			return err
		})
	}
	if err := starts.Wait(); err != nil {
		return err
	}
	c.Clients = live.NewClients(live.Config{
		Target: c.config.Target, Nodes: c.config.Nodes, Object: c.config.Object, Run: c.config.Run,
		Retry: c.config.Retry, Addr: c.Addr, OnStatus: c.config.OnStatus, OnExit: c.config.OnExit,
	})
	for _, n := range c.nodes {
		child := n.child // a restart changes it
		c.work.Go(func() { c.watch(n, child, 0) })
	}
	return nil
}

// prepare finds the binary, makes the directories and the ledger, and gives every node its place.
func (c *Cluster) prepare() (err error) {
	if c.config.Executable == "" {
		if c.config.Executable, err = os.Executable(); err != nil {
			return fmt.Errorf("find our own binary: %w", err)
		}
	}
	state := c.config.State
	if state == "" {
		state = StateDir()
	}
	name, err := newLedger(state)
	if err != nil {
		return err
	}
	c.mark = markOf(name)
	if c.config.Reaper != nil {
		if err := c.config.Reaper.Note(cluster.ReapLocal, name); err != nil {
			return err
		}
	}
	dir, err := filepath.Abs(c.config.Dir)
	switch {
	case err != nil:
		return err
	case c.config.Dir == "":
		dir = filepath.Join(os.TempDir(), "splitvote-"+rand.Text())
		c.scratch = dir
	case !c.config.Keep:
		c.scratch = filepath.Join(dir, "data")
	}
	if c.ledger, err = openLedger(name, c.config.Run, c.scratch); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "nodes"), 0o755); err != nil {
		return err
	}
	free, err := c.ports.reserve(2 * len(c.config.Nodes))
	if err != nil {
		return err
	}
	for i, id := range c.config.Nodes {
		n := &node{
			id: id, seed: c.config.Seed + uint64(i),
			log: filepath.Join(dir, "nodes", string(id)+".log"), data: filepath.Join(dir, "data", string(id)),
		}
		n.at.Store(c.place(free[2*i], free[2*i+1]))
		c.nodes[id] = n
		if err := os.MkdirAll(n.data, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// Addr is the host:port at which clients reach a node now.
func (c *Cluster) Addr(id history.NodeID) string { return c.nodes[id].at.Load().client }

// Close ends clients, nodes and links, in this order, and removes what was not to be kept.
func (c *Cluster) Close() error {
	c.closing.Do(func() { c.closeErr = c.close() })
	return c.closeErr
}

func (c *Cluster) close() error {
	var errs []error
	if c.Clients != nil {
		errs = append(errs, c.Clients.Close())
	}
	var stops errgroup.Group
	for _, n := range c.nodes {
		stops.Go(func() error {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.down() {
				return nil
			}
			return n.child.stop(grace)
		})
	}
	errs = append(errs, stops.Wait())
	c.work.Wait()
	if c.network != nil {
		errs = append(errs, c.network.Close())
	}
	c.launcher.close()
	errs = append(errs, c.ports.close())
	if c.scratch != "" {
		errs = append(errs, os.RemoveAll(c.scratch))
	}
	if c.ledger != nil {
		errs = append(errs, c.ledger.close())
	}
	return errors.Join(errs...)
}

func (c *Cluster) logf(format string, args ...any) {
	c.logging.Lock()
	defer c.logging.Unlock()
	fmt.Fprintf(c.config.Log, format+"\n", args...)
}
