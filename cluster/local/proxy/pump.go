package proxy

import (
	"bufio"
	"container/heap"
	"context"
	"net"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/node/frame"
)

const (
	piece    = 1 << 15               // most bytes of a stream that pass at once
	window   = 1024                  // parcels of one connection under way
	overtake = 50 * time.Millisecond // a reordered frame, or a second copy, is late by up to this
)

// parcel is a frame, or a piece of a stream, under way.
type parcel struct {
	bytes []byte
	due   time.Time
	n     int // position in the connection
}

// pump carries one direction of a connection, and ends the connection once src has and all it said
// is delivered. That dst is gone is no reason to: for the other direction it is the source.
func (n *Network) pump(ctx context.Context, end func(), l *link, src, dst net.Conn) {
	under := make(chan parcel, window)
	n.work.Go(func() {
		defer close(under)
		n.receive(ctx, l, src, under)
	})
	if n.deliver(ctx, l, dst, under) && n.await(ctx, &l.gates[hold]) && n.await(ctx, &l.gates[cut]) { // P2, P5
		end()
	}
}

// receive reads what src says and decides on its fate.
func (n *Network) receive(ctx context.Context, l *link, src net.Conn, under chan<- parcel) {
	r := bufio.NewReaderSize(src, piece)
	var last time.Time // when the latest parcel in order is due
	for i := 0; ; i++ {
		bytes, err := n.read(r)
		if err != nil {
			return
		}
		n.count(l)
		var due []time.Time
		due, last = n.fate(i, last)
		for _, d := range due {
			select {
			case under <- parcel{bytes, d, i}:
			case <-ctx.Done():
				return
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// read takes the next frame, or a piece of a stream.
func (n *Network) read(r *bufio.Reader) ([]byte, error) {
	if n.config.Stream {
		bytes := make([]byte, piece)
		size, err := r.Read(bytes)
		return bytes[:size], err
	}
	payload, err := frame.Read(r)
	if err != nil {
		return nil, err
	}
	return frame.Append(nil, payload), nil
}

// fate draws what becomes of the i-th parcel of a connection: when each of its copies is due. Those
// before it that keep their order are due by last at the latest; with it, by ordered.
func (n *Network) fate(i int, last time.Time) (due []time.Time, ordered time.Time) {
	n.mu.RLock()
	b := n.behave
	n.mu.RUnlock()
	now := time.Now()
	if b == (cluster.Link{}) {
		at := later(now, last)
		return []time.Time{at}, at
	}
	n.draw.Lock()
	defer n.draw.Unlock()
	happens := func(ratio float64) bool { return i > 0 && n.random.Float64() < ratio } // P1
	upTo := func(d time.Duration) time.Duration { return time.Duration(n.random.Float64() * float64(d)) }
	n.did.Messages++
	if happens(b.Loss) {
		n.did.Lost++
		return nil, last
	}
	at := now.Add(b.Delay + upTo(b.Jitter))
	if happens(b.Reorder) {
		n.did.Overtaken++
		at = at.Add(upTo(overtake))
	} else {
		at = later(at, last)
		last = at
	}
	due = []time.Time{at}
	if happens(b.Duplicate) {
		n.did.Duplicated++
		due = append(due, at.Add(upTo(overtake)))
	}
	return due, last
}

// deliver hands over what is due. It reports true once src has ended and all is delivered.
func (n *Network) deliver(ctx context.Context, l *link, dst net.Conn, under <-chan parcel) bool {
	var held parcels
	timer := time.NewTimer(0)
	defer timer.Stop()
	for under != nil || len(held) > 0 {
		var due <-chan time.Time
		if len(held) > 0 {
			wait := time.Until(held[0].due)
			if wait <= 0 {
				if !n.hand(ctx, l, dst, heap.Pop(&held).(parcel)) {
					return false
				}
				continue
			}
			timer.Reset(wait)
			due = timer.C
		}
		more := under
		if len(held) >= window {
			more = nil // P4
		}
		select {
		case p, ok := <-more:
			if ok {
				heap.Push(&held, p)
			} else {
				under = nil
			}
		case <-due:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// count counts a parcel that will wait at a gate.
func (n *Network) count(l *link) {
	if g := &l.gates[hold]; n.isShut(g) {
		g.taken.Add(1)
	}
	if g := &l.gates[cut]; n.config.Stream && n.isShut(g) {
		g.taken.Add(1)
	}
}

// hand gives one parcel to dst, once no gate keeps it, unless a cut drops it. It reports false when
// dst is gone.
func (n *Network) hand(ctx context.Context, l *link, dst net.Conn, p parcel) bool {
	if !n.await(ctx, &l.gates[hold]) {
		return false
	}
	g := &l.gates[cut]
	if n.config.Stream {
		if !n.await(ctx, g) {
			return false
		}
	} else if p.n > 0 && n.isShut(g) { // P1
		g.taken.Add(1)
		return true
	}
	_, err := dst.Write(p.bytes)
	return err == nil
}

// parcels is a heap by the time at which they are due, and then in their order.
type parcels []parcel

func (h parcels) Len() int { return len(h) }
func (h parcels) Less(i, j int) bool {
	if !h[i].due.Equal(h[j].due) {
		return h[i].due.Before(h[j].due)
	}
	return h[i].n < h[j].n
}
func (h parcels) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *parcels) Push(p any)   { *h = append(*h, p.(parcel)) }
func (h *parcels) Pop() any {
	old := *h
	p := old[len(old)-1]
	*h = old[:len(old)-1]
	return p
}
