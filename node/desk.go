package node

import (
	"context"
	"sync"

	"github.com/splitvote/splitvote/protocol"
)

// desk is where requests wait for their replies.
type desk struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan<- protocol.Reply
}

// request makes a core's input of an ID of its own.
type request func(id uint64) protocol.Input

// ask hands the core a request and waits for the reply. Where ctx ends first, ok is false: the request may be carried out
// or not (N4).
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
	reply := make(chan protocol.Reply, 1) // so that answer does not wait for who has given up
	d.waiting[d.last] = reply
	return reply, d.last
}

func (d *desk) close(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
}

// answer brings a reply to who waits for it, if anyone still does.
func (d *desk) answer(r protocol.Reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if reply, waits := d.waiting[r.ID]; waits {
		delete(d.waiting, r.ID)
		reply <- r
	}
}
