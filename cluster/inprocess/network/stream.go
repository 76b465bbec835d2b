package network

import (
	"io"
	"sync"
	"syscall"
	"time"
)

// window is how many bytes of a stream may be under way or unread before its writer waits.
const window = 64 << 10

// stream is one direction of a connection. All of it is under Network.mu.
type stream struct {
	net      *Network
	from, to *Host
	back     *stream // the other direction

	flight  []segment // sent and not yet arrived
	latest  time.Time // when the last of them arrives
	timer   *time.Timer
	blocked time.Time // since when the first of them is kept back, zero if it is not
	again   bool      // it will have to be sent again

	unread []byte
	size   int   // bytes in flight and unread
	ended  error // what a reader is told once nothing is unread: io.EOF, a reset
	closed bool  // the reader has closed: what still comes is answered by a reset
	done   bool  // the writer has sent the end
	broken error // what a writer is told, nil while it can write

	readable, writable sync.Cond
}

// segment is some bytes, or the end of the stream.
type segment struct {
	data    []byte
	end     error
	arrives time.Time
}

func newStream(n *Network, from, to *Host) *stream {
	s := &stream{net: n, from: from, to: to}
	s.readable.L, s.writable.L = &n.mu, &n.mu
	return s
}

// send puts a segment on its way. It arrives after all that was sent before.
func (s *stream) send(data []byte, end error) {
	now := time.Now()
	at := now.Add(s.net.latency(s.from, s.to))
	if at.Before(s.latest) {
		at = s.latest
	}
	s.latest = at
	s.flight = append(s.flight, segment{data, end, at})
	s.size += len(data)
	s.done = s.done || end != nil
	switch {
	case !s.blocked.IsZero():
		s.net.stall(s.from, s.to, 1)
	case len(s.flight) == 1:
		s.expect(at.Sub(now))
	}
}

// expect sets the timer for the first segment.
func (s *stream) expect(in time.Duration) {
	if s.timer == nil {
		s.timer = time.AfterFunc(in, s.arrive)
		return
	}
	s.timer.Reset(in)
}

// arrive takes what has come by now.
func (s *stream) arrive() {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	now := time.Now()
	if !s.blocked.IsZero() {
		return
	}
	for len(s.flight) > 0 {
		if early := s.flight[0].arrives.Sub(now); early > 0 {
			s.expect(early)
			return
		}
		if stalled, again := s.net.stall(s.from, s.to, len(s.flight)); stalled {
			s.blocked, s.again = now, again
			return
		}
		first := s.flight[0]
		s.flight = s.flight[1:]
		s.take(first)
	}
	s.flight = nil
}

// pass lets the first segment go on if nothing stalls it any more.
func (s *stream) pass(now time.Time) {
	if s.blocked.IsZero() {
		return
	}
	if stalled, again := s.net.stall(s.from, s.to, 0); stalled {
		s.again = again
		return
	}
	at := now
	if s.again {
		at = retransmission(s.blocked, now)
	}
	s.blocked = time.Time{}
	if len(s.flight) > 0 {
		s.flight[0].arrives = at
		s.expect(at.Sub(now))
	}
}

// take hands a segment to the reader.
func (s *stream) take(g segment) {
	switch {
	case g.end == syscall.ECONNRESET: // both directions are over
		s.ended = g.end
		s.back.broken = syscall.ECONNRESET
		s.back.writable.Broadcast()
	case s.closed && len(g.data) > 0:
		s.size -= len(g.data)
		s.writable.Broadcast()
		s.back.reset()
	case g.end != nil:
		s.ended = io.EOF
	case s.ended == nil:
		s.unread = append(s.unread, g.data...)
	}
	s.readable.Broadcast()
}

// reset tells the reader, behind all that was sent, that the connection is over.
func (s *stream) reset() {
	if s.broken == nil && !s.resetting() {
		s.send(nil, syscall.ECONNRESET)
	}
}

func (s *stream) resetting() bool {
	n := len(s.flight)
	return s.ended == syscall.ECONNRESET || n > 0 && s.flight[n-1].end == syscall.ECONNRESET
}

// drop forgets what is on its way.
func (s *stream) drop() {
	s.flight, s.unread, s.size = nil, nil, 0
	if s.timer != nil {
		s.timer.Stop()
	}
}
