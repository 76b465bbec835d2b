package inprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/inprocess/network"
	"github.com/splitvote/splitvote/history"
)

// node is a member through all its incarnations.
type node struct {
	id   history.NodeID
	seed uint64
	dir  string // its incarnations' directories are in it
	log  io.Writer

	power sync.Mutex // held while it is started or harmed

	mu    sync.Mutex
	at    *incarnation // the latest, nil before the first start
	count int          // of incarnations
	kept  directory    // what the last one left, nil for nothing
}

// incarnation is a member from a start to a kill.
type incarnation struct {
	of     *node
	number int
	dir    string
	host   *network.Host
	ctx    context.Context
	cancel context.CancelFunc
	node   Node          // nil until Start has returned it
	dead   chan struct{} // closed when it is killed or the cluster is closed
	closed chan struct{} // closed when Close has returned
}

func (n *node) current() *incarnation {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.at
}

func (i *incarnation) down() bool {
	select {
	case <-i.dead:
		return true
	default:
		return false
	}
}

// addr is an incarnation's, so that clients dial again after a restart.
func (i *incarnation) addr() string { return string(i.of.id) + "/" + strconv.Itoa(i.number) }

// start makes the next incarnation of a member and waits until Start has returned. The caller holds
// power.
func (c *Cluster) start(ctx context.Context, n *node) error {
	n.count++
	i := &incarnation{
		of: n, number: n.count, dir: filepath.Join(n.dir, strconv.Itoa(n.count)),
		dead: make(chan struct{}), closed: make(chan struct{}),
	}
	if err := n.kept.write(i.dir); err != nil {
		return fmt.Errorf("start %s: %w", n.id, err)
	}
	i.ctx, i.cancel = context.WithCancel(context.Background())
	i.host = c.network.Host(n.id)
	m := Member{
		ID: string(n.id), Members: c.members(), Dir: i.dir, Seed: n.seed, Log: n.log, Listener: i.host.Listener(),
		host: i.host, ctx: i.ctx,
	}
	type result struct {
		node Node
		err  error
	}
	started, abandoned := make(chan result), make(chan struct{})
	c.errands.run(string(n.id), "Start of "+string(n.id), func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("Start panicked: %v\n%s", p, debug.Stack())
			}
			select {
			case started <- r:
			case <-abandoned:
				if r.node != nil {
					defer c.guard("Close of " + m.ID)
					r.node.Close()
				}
			}
		}()
		if r.node, r.err = c.config.Start(m); r.err == nil && r.node == nil {
			r.err = errors.New("Start returned no node")
		}
	})
	limit := time.NewTimer(c.config.Limit)
	defer limit.Stop()
	var r result
	select {
	case r = <-started:
	case <-limit.C:
		r.err = fmt.Errorf("Start %w within %v", errLate, c.config.Limit)
	case <-ctx.Done():
		r.err = context.Cause(ctx)
	}
	close(abandoned)
	if r.err != nil {
		i.host.Kill()
		close(i.dead)
		i.cancel()
		return fmt.Errorf("start %s: %w", n.id, r.err)
	}
	i.node = r.node
	n.mu.Lock()
	n.at = i
	n.mu.Unlock()
	if e, ok := i.node.(Ended); ok {
		c.watch(i, e.Done())
	}
	return nil
}

// watch tells of a member that ends by itself.
func (c *Cluster) watch(i *incarnation, done <-chan struct{}) {
	c.work.Go(func() {
		select {
		case <-i.dead:
			return
		case <-done:
		}
		if !i.down() {
			c.Exited(cluster.Exit{Node: i.of.id, How: "its Done was closed"})
		}
	})
}

// kill ends an incarnation as a kill would (I2), and says how. The caller holds power.
func (c *Cluster) kill(i *incarnation) (string, error) {
	connections := i.host.Kill()
	close(i.dead)
	kept, err := snapshot(i.dir)
	moving := errors.Is(err, errMoving)
	if err != nil && !moving {
		return "", fmt.Errorf("keep the directory of %s: %w", i.of.id, err)
	}
	i.cancel()
	c.end(i)
	text := fmt.Sprintf("%d connections of %s reset, its listener closed", connections, i.of.id)
	if moving {
		// It writes without pause, so that its directory cannot be read at one moment.
		t := time.NewTimer(c.config.Limit)
		defer t.Stop()
		select {
		case <-i.closed:
		case <-t.C:
			return "", fmt.Errorf("keep the directory of %s: it was written to for %v more", i.of.id, c.config.Limit)
		}
		if kept, err = snapshot(i.dir); err != nil {
			return "", fmt.Errorf("keep the directory of %s: %w", i.of.id, err)
		}
		text += "; its directory is as Close left it: it was written to all the time"
	}
	if n := kept.files(); n > 0 {
		text += fmt.Sprintf("; %d files kept", n)
	}
	i.of.kept = kept
	return text, nil
}

// end calls Close of an incarnation whose network is dead.
func (c *Cluster) end(i *incarnation) {
	what := fmt.Sprintf("Close of %s", i.of.id)
	c.errands.run(string(i.of.id), what, func() {
		defer close(i.closed)
		defer c.guard(what)
		// A member whose network is dead may well complain.
		if err := i.node.Close(); err != nil {
			fmt.Fprintf(i.of.log, "%s: %v\n", what, err)
		}
	})
}

// guard keeps a panic of somebody else's function as a failure.
func (c *Cluster) guard(what string) {
	if p := recover(); p != nil {
		c.fail(fmt.Errorf("%s panicked: %v\n%s", what, p, debug.Stack()))
	}
}

func openLog(dir string, id history.NodeID) (io.WriteCloser, error) {
	if dir == "" {
		return discard{}, nil
	}
	dir = filepath.Join(dir, "nodes")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, string(id)+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
