package docker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/history"
)

func TestAvailable(t *testing.T) {
	for host, want := range map[string]struct{ err, hint string }{
		"unix:///no/such/docker.sock": {"docker: no engine answers at unix:///no/such/docker.sock: ", "DOCKER_HOST"},
		"tcp://127.0.0.1:1":           {"docker: no engine answers at tcp://127.0.0.1:1: ", "DOCKER_HOST"},
		"tcp://192.0.2.1:2375": {"docker: the engine at tcp://192.0.2.1:2375 is on another machine",
			"that machine"},
		"ssh://root@example.com": {"docker: the engine at ssh://root@example.com is on another machine",
			"that machine"},
	} {
		t.Setenv("DOCKER_HOST", host)
		err := docker.Available(t.Context())
		var hinted *docker.Error
		if !errors.As(err, &hinted) || !strings.HasPrefix(err.Error(), want.err) ||
			!strings.Contains(hinted.Hint, want.hint) {
			t.Errorf("%s: %v, want %q", host, err, want.err)
		} else if strings.Contains(err.Error(), "\n") || strings.Contains(hinted.Hint, "\n") {
			t.Errorf("%s: %q is more than a line", host, err)
		}
	}
}

// An engine that is lost in the midst of a run: calls and faults still end, and Close says what is
// left.
func TestEngineLost(t *testing.T) {
	e := engine(t)
	cfg := config(t, raftTarget())
	c, err := docker.Open(t.Context(), cfg, options(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Partition(t.Context(), history.Grudge{"n1": {"n2"}}); err != nil {
		t.Fatal(err)
	}

	wire.cut(true)
	for _, harm := range []func() error{
		func() error { _, err := c.Kill(t.Context(), "n1"); return err },
		func() error { _, err := c.Pause(t.Context(), "n1"); return err },
		func() error { _, err := c.Heal(t.Context()); return err },
	} {
		if err := harm(); err == nil || !strings.HasPrefix(err.Error(), "docker: ") {
			t.Errorf("harm without an engine: the error is %v", err)
		}
	}
	for p := range history.Process(6) {
		c.Invoke(history.Op{Process: p, F: "read", Key: "x", Value: json.RawMessage("null"), Node: cfg.Nodes[p%3]})
	}
	for range 6 {
		if op, ok := c.Next(t.Context(), c.Now()+10*time.Second); !ok || op.Kind == history.Invoke {
			t.Errorf("a call has no end: %+v", op)
		}
	}
	var hinted *docker.Error
	if err := c.Close(); !errors.As(err, &hinted) ||
		!strings.Contains(err.Error(), "containers of run "+cfg.Run+" are left") ||
		!strings.Contains(hinted.Hint, "splitvote clean") {
		t.Errorf("close says %v, want what is left and how to remove it", err)
	}

	wire.cut(false)
	if _, err := docker.CleanRun(t.Context(), cfg.Run); err != nil {
		t.Error(err)
	}
	if left := left(t, e, cfg.Run); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// wire is how the tests reach the engine: by a socket of their own, so that it can be lost without
// being stopped. It is nil where no engine answers.
var wire *relay

// relay hands connections on until it is cut.
type relay struct {
	to   string // network:address
	lis  net.Listener
	mu   sync.Mutex
	off  bool
	open map[net.Conn]bool
}

// relayTo makes DOCKER_HOST a relay to the engine.
func relayTo(host, dir string) (*relay, error) {
	u, err := url.Parse(host)
	if err != nil {
		return nil, err
	}
	r := &relay{to: u.Scheme + ":" + u.Host + u.Path, open: map[net.Conn]bool{}}
	path := filepath.Join(dir, "engine.sock")
	if r.lis, err = net.Listen("unix", path); err != nil {
		return nil, err
	}
	go r.serve()
	return r, os.Setenv("DOCKER_HOST", "unix://"+path)
}

func (r *relay) serve() {
	for {
		near, err := r.lis.Accept()
		if err != nil {
			return
		}
		network, address, _ := strings.Cut(r.to, ":")
		far, err := net.Dial(network, address)
		if err != nil {
			fmt.Fprintln(os.Stderr, "relay:", err)
			near.Close()
			continue
		}
		r.mu.Lock()
		if r.off {
			near.Close()
			far.Close()
		} else {
			r.open[near], r.open[far] = true, true
			go r.pump(near, far)
			go r.pump(far, near)
		}
		r.mu.Unlock()
	}
}

// pump copies until one side ends, and then ends that direction alone: a client may say that it
// has said all.
func (r *relay) pump(to, from net.Conn) {
	io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// cut drops every connection and refuses new ones, or accepts them again.
func (r *relay) cut(off bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = off
	if off {
		for c := range r.open {
			c.Close()
		}
		clear(r.open)
	}
}
