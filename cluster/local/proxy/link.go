package proxy

import (
	"bufio"
	"context"
	"net"
	"time"
)

// link is one direction between two nodes. The connections that from dials to come in at its
// listener; what to answers on them belongs to the link of the other direction.
type link struct {
	pair
	listener net.Listener
	gates    [gates]gate
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
	ctx, end := context.WithCancel(n.ctx)
	defer end()
	defer context.AfterFunc(ctx, func() { src.Close() })()
	defer src.Close()
	back := n.links[pair{l.to, l.from}]
	dst, err := (&net.Dialer{}).DialContext(ctx, "tcp", n.config.Addr(l.to))
	if err != nil {
		n.swallow(ctx, l, back, src)
		return
	}
	defer dst.Close()
	n.work.Go(func() { n.pump(ctx, end, back, dst, src) })
	n.pump(ctx, end, l, src, dst)
	<-ctx.Done()
}

// refusal is how long a connection is left open whose other end is not there. A node that dials and
// is at once cut off again may do nothing but dial.
const refusal = 100 * time.Millisecond

// swallow stands in for a node that is not there: from cannot learn that while either direction is
// cut (P2).
func (n *Network) swallow(ctx context.Context, l, back *link, src net.Conn) {
	forth, news := &l.gates[cut], &back.gates[cut]
	n.work.Go(func() {
		select {
		case <-time.After(refusal):
		case <-ctx.Done():
		}
		n.await(ctx, forth)
		n.await(ctx, news)
		src.Close()
	})
	r := bufio.NewReader(src)
	for first := true; ; first = false {
		if _, err := n.read(r); err != nil {
			return
		}
		if !first && n.isShut(forth) {
			forth.taken.Add(1)
		}
	}
}
