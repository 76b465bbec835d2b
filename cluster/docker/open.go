package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Open starts the target in containers on a network of their own and returns once every node
// serves. If it fails, or ctx is done meanwhile, it leaves nothing behind.
func Open(ctx context.Context, cfg cluster.Config, opts Options) (_ *Cluster, err error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	image, err := e.image(ctx, opts.Executable)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	c := newCluster(e, image, cfg, opts)
	c.network = "splitvote-" + cfg.Run
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := makeLogDir(cfg.Dir); err != nil {
		return nil, err
	}
	if err := note(cfg); err != nil {
		return nil, err
	}
	c.say("image %s, network %s", image, c.network)
	if err := e.createNetwork(ctx, c.network, cfg.Run); err != nil {
		return nil, err
	}
	common := cfg.Target.Launch(cluster.Member{Members: cfg.Nodes})
	port, peers := cmp.Or(common.Port, clientPort), uint16(peerPort)
	if common.OnePort {
		peers = port
	}
	for _, id := range cfg.Nodes {
		c.nodes = append(c.nodes, &node{id: id, name: fmt.Sprintf("splitvote-%s-%s", cfg.Run, id), port: port,
			peerPort: peers})
	}
	// Every address is known before the first node is told of its peers.
	if err := each(ctx, c.nodes, c.openSide); err != nil {
		return nil, err
	}
	launches := map[*node]cluster.Launch{}
	for _, n := range c.nodes {
		l := cfg.Target.Launch(c.member(n, cfg))
		if l.Err != nil {
			return nil, fmt.Errorf("docker: start %s: %w", n.id, l.Err)
		}
		if l.Image, err = c.imageOf(ctx, l); err != nil {
			return nil, err
		}
		launches[n] = l
	}
	if err := each(ctx, c.nodes, func(ctx context.Context, n *node) error {
		return c.openNode(ctx, n, launches[n])
	}); err != nil {
		return nil, err
	}
	if err := each(ctx, c.nodes, c.mustServe); err != nil {
		return nil, err
	}
	c.say("%d nodes serve", len(c.nodes))
	c.serve(cfg)
	return c, nil
}

// note tells the reaper, if there is one, of what is about to be made.
func note(cfg cluster.Config) error {
	if cfg.Reaper == nil {
		return nil
	}
	return cfg.Reaper.Note(cluster.ReapDocker, cfg.Run)
}

// openSide starts the side container that owns a node's namespace, and learns the node's address
// from it.
func (c *Cluster) openSide(ctx context.Context, n *node) error {
	id, err := c.engine.createSide(ctx, c.image, c.network, c.run, n)
	if err != nil {
		return err
	}
	s, err := c.engine.startSide(ctx, id)
	if err != nil {
		return fmt.Errorf("docker: start the side container of %s: %w", n.id, cause(err))
	}
	n.setSide(s)
	owner, err := c.engine.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return fmt.Errorf("docker: inspect the side container of %s: %w", n.id, cause(err))
	}
	return n.locate(owner.Container)
}

// openNode starts a node in the namespace that waits for it.
func (c *Cluster) openNode(ctx context.Context, n *node, l cluster.Launch) error {
	n.ready = l.Ready
	if !l.Stream {
		n.cutPort = n.peerPort // D6
	}
	id, err := c.engine.createNode(ctx, l, c.run, n)
	if err != nil {
		return err
	}
	n.container = id
	if _, err := c.engine.api.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("docker: start %s: %w", n.name, cause(err))
	}
	c.follow(n, "")
	return nil
}

// member places a node: it listens everywhere in its own namespace and dials its peers by address,
// so that names need not be resolved while a network is cut.
func (c *Cluster) member(n *node, cfg cluster.Config) cluster.Member {
	peers := map[history.NodeID]string{}
	for _, p := range c.nodes {
		if p != n {
			peers[p.id] = p.peerAddress()
		}
	}
	return cluster.Member{
		ID: n.id, Members: cfg.Nodes, Peers: peers, Data: dataDir, Address: n.peerAddress(),
		Peer: "0.0.0.0:" + strconv.Itoa(int(n.peerPort)), Client: "0.0.0.0:" + strconv.Itoa(int(n.port)),
		Options: cfg.Options, Bug: cfg.Bug, Tick: cfg.Tick, Seed: cfg.Seed, Run: cfg.Run,
	}
}

// peerAddress is where a node is found by its peers, "" until its namespace is there.
func (n *node) peerAddress() string {
	ips := n.addresses()
	if len(ips) == 0 {
		return ""
	}
	return netip.AddrPortFrom(ips[0], n.peerPort).String()
}

func makeLogDir(dir string) error {
	if dir == "" {
		return nil
	}
	return os.MkdirAll(filepath.Join(dir, "nodes"), 0o755)
}

// each does something to all nodes at once. The first error ends the others and is the one
// returned.
func each(ctx context.Context, nodes []*node, do func(context.Context, *node) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, n := range nodes {
		g.Go(func() error { return do(ctx, n) })
	}
	return g.Wait()
}
