package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/splitvote/splitvote/history"
)

const (
	// backlog is how many connections wait to be accepted before more are put off.
	backlog = 128
	// putOff is how long a dial waits that found the backlog full.
	putOff = time.Second
	// dialLimit is how long a dial waits for somebody who does not answer.
	dialLimit = 2 * time.Minute
)

// errKilled is what a killed member's own network calls fail with. It is a net.ErrClosed.
var errKilled = fmt.Errorf("this member was killed: %w", net.ErrClosed)

// Host is one incarnation of a member on the network, or a client.
type Host struct {
	net    *Network
	id     history.NodeID
	client bool

	// The rest is under Network.mu.
	dead     chan struct{}
	listener *listener // nil for a client
	conns    map[*conn]struct{}
}

// Host is a new host of a member, which takes the place of the one before. It listens at once.
func (n *Network) Host(id history.NodeID) *Host {
	h := &Host{net: n, id: id, dead: make(chan struct{}), conns: map[*conn]struct{}{}}
	h.listener = &listener{host: h}
	h.listener.ready.L = &n.mu
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nodes[id] = h
	return h
}

// Client is a host outside: one that dials and never listens (V5).
func (n *Network) Client(name string) *Host {
	return &Host{net: n, id: history.NodeID(name), client: true, dead: make(chan struct{}), conns: map[*conn]struct{}{}}
}

func (h *Host) member() bool { return !h.client }

func (h *Host) gone() bool {
	select {
	case <-h.dead:
		return true
	default:
		return false
	}
}

// Kill ends a host without warning (V4), and says how many connections that reset.
func (h *Host) Kill() (connections int) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	return h.kill()
}

func (h *Host) kill() (connections int) {
	if h.gone() {
		return 0
	}
	close(h.dead)
	connections = len(h.conns)
	for c := range h.conns {
		c.abort()
	}
	if h.listener != nil {
		h.listener.end()
	}
	return connections
}

// Listener is where the host is dialled. There is one for the life of a host.
func (h *Host) Listener() net.Listener { return h.listener }

// Dial connects to a member by its name. What follows a colon is ignored, so that an address with a
// port will do.
func (h *Host) Dial(ctx context.Context, to string) (net.Conn, error) {
	name, _, _ := strings.Cut(to, ":")
	c, err := h.dial(ctx, history.NodeID(name))
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: Addr("").Network(), Source: Addr(h.id), Addr: Addr(name), Err: err}
	}
	return c, nil
}

// errTimeout is a dial that nobody answered.
var errTimeout = os.NewSyscallError("connect", syscall.ETIMEDOUT)

func (h *Host) dial(ctx context.Context, id history.NodeID) (*conn, error) {
	if !h.net.known[id] {
		return nil, fmt.Errorf("no member is called %q", id)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, dialLimit, errTimeout)
	defer cancel()
	for {
		h.net.mu.Lock()
		to := h.net.nodes[id]
		h.net.mu.Unlock()
		if to == nil {
			return nil, syscall.ECONNREFUSED
		}
		if err := h.travel(ctx, h, to); err != nil {
			return nil, err
		}
		near, err := h.knock(id)
		if errors.Is(err, errFull) {
			if err := h.wait(ctx, putOff); err != nil {
				return nil, err
			}
			continue
		}
		// The answer to the dial, or its refusal, travels too.
		if lost := h.travel(ctx, to, h); lost != nil {
			if near != nil {
				near.Close()
			}
			return nil, lost
		}
		if err != nil {
			return nil, err
		}
		return near, nil
	}
}

var errFull = errors.New("the backlog is full")

// knock asks a member's listener for a connection.
func (h *Host) knock(id history.NodeID) (*conn, error) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	to := h.net.nodes[id]
	switch {
	case h.gone():
		return nil, errKilled
	case to.gone() || to.listener.closed:
		return nil, syscall.ECONNREFUSED
	case len(to.listener.waiting) >= backlog:
		return nil, errFull
	}
	near, far := h.net.connect(h, to)
	to.listener.waiting = append(to.listener.waiting, far)
	to.listener.ready.Signal()
	return near, nil
}

// travel waits as long as a segment of a dial takes from one host to another.
func (h *Host) travel(ctx context.Context, from, to *Host) error {
	sent := time.Now()
	h.net.mu.Lock()
	latency := h.net.latency(from, to)
	h.net.mu.Unlock()
	if err := h.wait(ctx, latency); err != nil {
		return err
	}
	count, again := 1, false
	for {
		h.net.mu.Lock()
		stalled, lost := h.net.stall(from, to, count)
		changed := h.net.changed
		h.net.mu.Unlock()
		if !stalled {
			break
		}
		count, again = 0, again || lost
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-h.dead:
			return errKilled
		}
	}
	if !again {
		return nil
	}
	now := time.Now()
	return h.wait(ctx, retransmission(sent, now).Sub(now))
}

func (h *Host) wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-h.dead:
		return errKilled
	}
}

// listener is where a host is dialled. All of it is under Network.mu.
type listener struct {
	host    *Host
	ready   sync.Cond
	waiting []*conn
	closed  bool
}

func (l *listener) Accept() (net.Conn, error) {
	l.host.net.mu.Lock()
	defer l.host.net.mu.Unlock()
	for len(l.waiting) == 0 {
		if l.closed {
			err := net.ErrClosed
			if l.host.gone() {
				err = errKilled
			}
			return nil, &net.OpError{Op: "accept", Net: l.Addr().Network(), Addr: l.Addr(), Err: err}
		}
		l.ready.Wait()
	}
	c := l.waiting[0]
	l.waiting = l.waiting[1:]
	return c, nil
}

func (l *listener) Close() error {
	l.host.net.mu.Lock()
	defer l.host.net.mu.Unlock()
	if l.closed {
		return &net.OpError{Op: "close", Net: l.Addr().Network(), Addr: l.Addr(), Err: net.ErrClosed}
	}
	l.end()
	return nil
}

func (l *listener) end() {
	l.closed = true
	for _, c := range l.waiting {
		c.abort()
	}
	l.waiting = nil
	l.ready.Broadcast()
}

func (l *listener) Addr() net.Addr { return Addr(l.host.id) }
