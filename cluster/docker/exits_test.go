package docker_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/history"
)

// exits are those that a cluster has told of.
type exits struct {
	mu   sync.Mutex
	told []cluster.Exit
}

func (e *exits) tell(x cluster.Exit) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = append(e.told, x)
}

// take waits for the next one.
func (e *exits) take(t *testing.T) cluster.Exit {
	t.Helper()
	var x cluster.Exit
	await(t, "an exit that is told", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.told) == 0 {
			return false
		}
		x, e.told = e.told[0], e.told[1:]
		return true
	})
	return x
}

// What ends a member is told apart: itself, somebody else, us. One that we have killed is no news,
// before and after.
func TestExits(t *testing.T) {
	t.Parallel()
	e := engine(t)
	var told exits
	cfg := config(t, raftTarget())
	cfg.OnExit = told.tell
	c := open(t, e, cfg)
	ctx := t.Context()
	name := func(id history.NodeID) string { return "splitvote-" + cfg.Run + "-" + string(id) }
	signal := func(id history.NodeID, s syscall.Signal) {
		t.Helper()
		found, err := e.ContainerInspect(ctx, name(id), client.ContainerInspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(found.Container.State.Pid, s); err != nil {
			t.Skipf("this user cannot signal what the engine runs: %v", err)
		}
	}
	again := func(id history.NodeID) {
		t.Helper()
		for _, harm := range []func() error{
			func() error { _, err := c.Start(ctx, id); return err },
			func() error { _, err := c.Kill(ctx, id); return err },
			func() error { _, err := c.Start(ctx, id); return err },
		} {
			if err := harm(); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := func(id history.NodeID, how, outside string) {
		t.Helper()
		x := told.take(t)
		if x.Node != id || !strings.HasPrefix(x.How, how) || !strings.HasPrefix(x.Outside, outside) ||
			(x.Outside == "") != (outside == "") {
			t.Errorf("told %+v, want %s, %s, %q", x, id, how, outside)
		}
		if outside == "" && (len(x.Log) == 0 || x.File != filepath.Join(cfg.Dir, "nodes", string(id)+".log")) {
			t.Errorf("its last lines are %q of %s", x.Log, x.File)
		}
	}

	signal("n1", syscall.SIGSYS)
	want("n1", "exit status 2", "")
	again("n1")
	signal("n1", syscall.SIGKILL)
	want("n1", "exit status 137", "was killed from outside the run, with SIGKILL")
	again("n1")
	if _, err := e.ContainerKill(ctx, name("n2"), client.ContainerKillOptions{Signal: "SIGTERM"}); err != nil {
		t.Fatal(err)
	}
	want("n2", "exit status 0", "was killed from outside the run, with signal 15") // though it ended cleanly
	if _, err := e.ContainerRemove(ctx, name("n3")+"-side", client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if x := told.take(t); x.Outside == "" {
		t.Errorf("a side container was removed: %+v", x)
	}
}

// A container that somebody removes is no finding, and neither is an engine that is lost.
func TestVanished(t *testing.T) {
	e := engine(t)
	var told exits
	cfg := config(t, raftTarget())
	cfg.OnExit = told.tell
	c := open(t, e, cfg)
	force := client.ContainerRemoveOptions{Force: true}
	if _, err := e.ContainerRemove(t.Context(), "splitvote-"+cfg.Run+"-n2", force); err != nil {
		t.Fatal(err)
	}
	if x := told.take(t); x.Node != "n2" || x.Outside == "" || x.Err() == nil {
		t.Errorf("told %+v", x)
	}
	wire.cut(true)
	if x := told.take(t); x.Node != "" || !strings.HasPrefix(x.Outside, "the engine no longer answers") {
		t.Errorf("told %+v", x)
	}
	wire.cut(false)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A node that takes long to serve again is started all the same, and can be killed again; and one
// that ends when it is started again has been started: neither keeps a fault from ending.
func TestSlowAndBrokenRestarts(t *testing.T) {
	t.Parallel()
	engine(t)
	var told exits
	cfg := config(t, raftTarget())
	cfg.OnExit = told.tell
	cfg.Target = launched{cfg.Target, func(l *cluster.Launch) { l.Ready = "/status" }}
	o := options(t)
	c, err := docker.Open(t.Context(), cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	docker.NeverReady(c, "n2")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 2 {
		if p, err := c.Kill(ctx, "n2"); err != nil || !p.Bit {
			t.Fatalf("kill: %+v, %v", p, err)
		}
		if p, err := c.Start(ctx, "n2"); err != nil || !strings.Contains(p.Text, "runs, but does not serve yet") {
			t.Fatalf("start: %+v, %v", p, err)
		}
	}
	if _, err := c.Kill(ctx, "n3"); err != nil {
		t.Fatal(err)
	}
	if err := docker.Spoil(ctx, c, "n3"); err != nil {
		t.Fatal(err)
	}
	if p, err := c.Start(ctx, "n3"); err != nil || !strings.Contains(p.Text, "n3 ended again") {
		t.Fatalf("start: %+v, %v", p, err)
	}
	if x := told.take(t); x.Node != "n3" || x.Outside != "" || len(x.Log) == 0 {
		t.Errorf("told %+v", x)
	}
}

// D4: where this machine has the gateway of the nodes' network, a dead node refuses its clients.
func TestDeadNodeRefuses(t *testing.T) {
	t.Parallel()
	e := engine(t)
	c := open(t, e, config(t, raftTarget()))
	if strings.HasPrefix(addressOf(t, c, "n1"), "127.0.0.1:") {
		t.Skip("the nodes' network is out of this machine's reach")
	}
	if _, err := c.Kill(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context(), "n1"); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("a dead node says %v, want that it refuses", err)
	}
}
