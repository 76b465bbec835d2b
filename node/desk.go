package node

import (
	"context"
	"sync"

	"github.com/splitvote/splitvote/protocol"
)

// desk holds the requests that wait for replies.
type desk struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan<- protocol.Reply
}

// request makes a core's input from an ID.
type request func(id uint64) protocol.Input

// ask hands the core a request and waits for the reply. If ctx ends first, ok is false, and the
// request may or may not be carried out (N4).
func (d *desk) ask(ctx context.Context, core chan<- protocol.Input, input request) (r protocol.Reply, ok bool) {
	reply, id := d.open()
	defer d.close(id)
	select {
	case core <- input(id):
	case <-ctx.Done():
		return protocol.Reply{}, false
	}
	select {
	case r := <-reply:
		return r, true
	case <-ctx.Done():
		return protocol.Reply{}, false
	}
}

func (d *desk) open() (<-chan protocol.Reply, uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	reply := make(chan protocol.Reply, 1) // buffered, so that answer never blocks on a caller that has given up
	d.waiting[d.last] = reply
	return reply, d.last
}

func (d *desk) close(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
}

// answer delivers a reply to its caller, if it still waits.
func (d *desk) answer(r protocol.Reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if reply, waits := d.waiting[r.ID]; waits {
		delete(d.waiting, r.ID)
		reply <- r
	}
}
