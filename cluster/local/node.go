package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/history"
)

// node is a member as this backend runs it.
type node struct {
	id   history.NodeID
	seed uint64
	log  string // its file
	data string // its directory
	at   atomic.Pointer[place]

	mu     sync.Mutex // held while the node is started or harmed
	child  *child     // nil before the first start
	paused bool
}

// place is where a node listens: host:port for its peers, and for clients.
type place struct{ peer, client string }

// place gives a node its addresses, one where its target wants one.
func (c *Cluster) place(peer, client string) *place {
	if c.common.OnePort {
		peer = client
	}
	return &place{peer, client}
}

func (n *node) down() bool { return n.child == nil || n.child.ended() }

// NodeError is a node that could not be started.
type NodeError struct {
	Node history.NodeID
	Err  error
	Log  []string // what it last said
	File string   // the log that this is from
}

func (e *NodeError) Error() string {
	return fmt.Sprintf("start %s: %v", e.Node, e.Err)
}

func (e *NodeError) Unwrap() error { return e.Err }

// errTaken is why a node may be worth another start in another place.
var errTaken = errors.New("is taken by another process")

// moves is how often one start may find a port taken.
const moves = 5

// start starts a node that is down and waits until it serves. One that must serve is ended if it
// does not; the end of any other is news (watch). Where a port of it was taken, it moves.
func (c *Cluster) start(ctx context.Context, n *node, p startWait) (serves bool, err error) {
	for range moves {
		serves, err = c.launch(ctx, n, p)
		if !errors.Is(err, errTaken) {
			return serves, err
		}
		c.logf("%v: %s moves", err, n.id)
		free, err := c.ports.reserve(2)
		if err != nil {
			return false, fmt.Errorf("start %s: %w", n.id, err)
		}
		n.at.Store(c.place(free[0], free[1]))
	}
	return c.launch(ctx, n, p)
}

// startWait is how long to wait for a started node, and whether it is ended if it does not serve
// by then.
type startWait struct {
	limit time.Duration
	must  bool
}

// restartLimit is how long a node that was started again is waited for at most. It may need the
// others to serve, and be cut off.
const restartLimit = 5 * time.Second

func (c *Cluster) launch(ctx context.Context, n *node, p startWait) (serves bool, err error) {
	at := *n.at.Load()
	launch := c.config.Target.Launch(c.member(n, at))
	switch {
	case launch.Err != nil:
		return false, fmt.Errorf("start %s: %w", n.id, launch.Err)
	case launch.Image != "" && launch.Local == nil:
		return false, fmt.Errorf("start %s: target %s is the image %s, and local runs no images", n.id,
			c.config.Target.Name(), launch.Image)
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return false, fmt.Errorf("start %s: %w", n.id, err)
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return false, fmt.Errorf("start %s: %w", n.id, err)
	}
	program := launch.Local
	if program == nil {
		program = &cluster.Command{Argv: append([]string{c.config.Executable}, launch.Argv...), Env: launch.Env}
	}
	cmd := exec.Command(program.Argv[0], program.Argv[1:]...)
	cmd.Env, cmd.Dir = slices.Concat(os.Environ(), []string{c.mark}, program.Env), program.Dir
	cmd.Stdout, cmd.Stderr = log, log
	child, err := c.launcher.run(cmd)
	if err != nil {
		return false, fmt.Errorf("start %s: %w", n.id, err)
	}
	n.child, n.paused = child, false
	if err := c.ledger.add(entry{Node: n.id, Pid: child.pid()}); err != nil && !child.ended() {
		return false, errors.Join(err, child.kill())
	}
	err = c.ready(ctx, child, p.limit, func(ctx context.Context) error {
		return c.answers(ctx, at.client, launch.Ready)
	})
	if child.ended() {
		if a := taken(at.peer, at.client); a != "" {
			return false, fmt.Errorf("start %s: port %s %w", n.id, a, errTaken)
		}
	}
	if !p.must && ctx.Err() == nil {
		c.work.Go(func() { c.watch(n, child, from) })
		return err == nil, nil
	}
	if err == nil {
		return true, nil
	}
	if err := child.kill(); err != nil {
		return false, err
	}
	return false, &NodeError{n.id, err, lastLines(n.log, from), n.log}
}

func (c *Cluster) member(n *node, at place) cluster.Member {
	m := cluster.Member{
		ID: n.id, Members: c.config.Nodes, Peer: at.peer, Address: at.peer, Client: at.client,
		Peers: map[history.NodeID]string{},
		Data:  n.data, Options: c.config.Options, Bug: c.config.Bug, Tick: c.config.Tick, Seed: n.seed,
		Run: c.config.Run,
	}
	for _, other := range c.config.Nodes {
		if other != n.id {
			m.Peers[other] = c.network.Addr(n.id, other) // L1
		}
	}
	return m
}

// ready asks until the child serves, has ended, or the time is over. The error carries why it did
// not serve when it was asked last.
func (c *Cluster) ready(ctx context.Context, child *child, limit time.Duration,
	serves func(context.Context) error) error {
	ctx, stop := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not ready after %v", limit))
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.work.Go(func() {
		select {
		case <-child.done:
			cancel(fmt.Errorf("ended before it was ready, %s", child.how()))
		case <-ctx.Done():
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		err := serves(ctx)
		if err == nil && !child.ended() {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err // a question that the deadline cut short has nothing to say
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			why := context.Cause(ctx)
			if last == nil || child.ended() {
				return why
			}
			return fmt.Errorf("%w: %w", why, last)
		}
	}
}

// answers asks a node once whether it serves.
func (c *Cluster) answers(ctx context.Context, addr, path string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if path == "" {
		_, err := c.config.Target.Status(ctx, addr)
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Splitvote-Run", c.config.Run) // another run's node must not be taken for ours
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, response.Status)
	}
	return nil
}

// watch tells of a node that ends though nobody here has ended it.
func (c *Cluster) watch(n *node, child *child, from int64) {
	<-child.done
	status, _ := child.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if child.asked.Load() || child.wanted.Load() && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return
	}
	e := cluster.Exit{Node: n.id, How: child.how(), Outside: c.outside(status), Log: lastLines(n.log, from),
		File: n.log}
	what := "ended by itself"
	if e.Outside != "" {
		what = e.Outside
	}
	if c.Exited(e) {
		c.logf("%s (pid %d) %s, %s; it last said (%s):%s", n.id, child.pid(), what, e.How, e.File, live.Folded(e.Log))
	}
}

// outside says what ended a process that nobody here has ended, "" for the process itself. Signals
// that a process never gets for a fault of its own come from others, or from a kernel out of
// memory.
func (c *Cluster) outside(status syscall.WaitStatus) string {
	if !status.Signaled() {
		return ""
	}
	switch status.Signal() {
	case syscall.SIGKILL:
		if oomKills() > c.oomKills {
			return "was killed: the kernel was out of memory"
		}
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP:
	default:
		return ""
	}
	return "was killed from outside the run"
}

// lastLines reads the end of a log, from an offset on.
func lastLines(name string, from int64) []string {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.NewSectionReader(f, max(from, end-live.WordsSize), live.WordsSize))
	if err != nil {
		return nil
	}
	return live.LastWords(string(text))
}
