package proxy

import (
	"bufio"
	"context"
	"net"
	"sync/atomic"
)

// link is one direction between two nodes. The connections that from dials to come in at its listener; what to answers on
// them belongs to the link of the other direction.
type link struct {
	pair
	listener net.Listener
	taken    atomic.Uint64 // by cuts, since the last Heal

	// Under Network.mu.
	cut   bool          // at some time since the last Heal
	whole chan struct{} // closed while the link is whole
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (l *link) set(cut bool) {
	switch {
	case cut && l.whole == closed:
		l.whole = make(chan struct{})
	case !cut && l.whole != closed:
		close(l.whole)
		l.whole = closed
	}
}

func (n *Network) isCut(l *link) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return l.whole != closed
}

// await waits until l is whole, and reports false if ctx ends first.
func (n *Network) await(ctx context.Context, l *link) bool {
	n.mu.RLock()
	whole := l.whole
	n.mu.RUnlock()
	select {
	case <-whole:
		return true
	case <-ctx.Done():
		return false
	}
}

// accept serves the connections of one link, each on goroutines of its own.
func (n *Network) accept(l *link) {
	for {
		src, err := l.listener.Accept()
		if err != nil {
			return
		}
		n.work.Go(func() { n.serve(l, src) })
	}
}

// serve joins what from has dialled with to, until one side ends it.
func (n *Network) serve(l *link, src net.Conn) {
	ctx, cancel := context.WithCancel(n.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { src.Close() })()
	defer src.Close()
	back := n.links[pair{l.to, l.from}]
	dst, err := (&net.Dialer{}).DialContext(ctx, "tcp", n.config.Addr(l.to))
	if err != nil {
		n.swallow(ctx, l, back, src)
		return
	}
	defer dst.Close()
	defer context.AfterFunc(ctx, func() { dst.Close() })()
	n.work.Go(func() {
		defer cancel()
		n.pump(ctx, back, l, dst, src)
	})
	n.pump(ctx, l, back, src, dst)
}

// swallow stands in for a node that is not there: from cannot learn that while either direction is cut (P2).
func (n *Network) swallow(ctx context.Context, l, back *link, src net.Conn) {
	if !n.isCut(l) && !n.isCut(back) {
		return
	}
	n.work.Go(func() {
		n.await(ctx, l)
		n.await(ctx, back)
		src.Close()
	})
	r := bufio.NewReader(src)
	for first := true; ; first = false {
		if _, err := n.read(r); err != nil {
			return
		}
		if !first && n.isCut(l) {
			l.taken.Add(1)
		}
	}
}
