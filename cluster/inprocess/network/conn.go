package network

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Addr is where a host is: its member's name.
type Addr string

// Network is the name of this network.
func (Addr) Network() string { return "inprocess" }

func (a Addr) String() string { return string(a) }

// conn is one end of a connection. All of it is under Network.mu.
type conn struct {
	net         *Network
	host, other *Host
	in, out     *stream
	peer        *conn
	closed      bool
	read, write deadline
}

var _ interface {
	net.Conn
	CloseWrite() error
} = (*conn)(nil)

// deadline wakes who waits when its time has come.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// connect makes the two ends of a connection. The caller holds mu.
func (n *Network) connect(from, to *Host) (near, far *conn) {
	forth, back := newStream(n, from, to), newStream(n, to, from)
	forth.back, back.back = back, forth
	near = &conn{net: n, host: from, other: to, in: back, out: forth}
	far = &conn{net: n, host: to, other: from, in: forth, out: back}
	near.peer, far.peer = far, near
	for _, c := range []*conn{near, far} {
		n.conns[c] = struct{}{}
		c.host.conns[c] = struct{}{}
	}
	return near, far
}

func (c *conn) Read(p []byte) (int, error) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	s := c.in
	for {
		switch {
		case c.closed:
			return 0, c.fault("read", net.ErrClosed)
		case c.read.passed():
			return 0, c.fault("read", os.ErrDeadlineExceeded)
		case len(p) == 0:
			return 0, nil
		case len(s.unread) > 0:
			k := copy(p, s.unread)
			s.unread = s.unread[k:]
			s.size -= k
			s.writable.Broadcast()
			return k, nil
		case s.ended == io.EOF:
			return 0, io.EOF
		case s.ended != nil:
			return 0, c.fault("read", s.ended)
		}
		s.readable.Wait()
	}
}

func (c *conn) Write(p []byte) (wrote int, err error) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	s := c.out
	for {
		switch {
		case c.closed:
			return wrote, c.fault("write", net.ErrClosed)
		case c.write.passed():
			return wrote, c.fault("write", os.ErrDeadlineExceeded)
		case s.broken != nil:
			return wrote, c.fault("write", s.broken)
		case s.done:
			return wrote, c.fault("write", syscall.EPIPE)
		case wrote == len(p):
			return wrote, nil
		case s.size < window:
			k := min(len(p)-wrote, window-s.size)
			s.send(append([]byte(nil), p[wrote:wrote+k]...), nil)
			wrote += k
			continue
		}
		s.writable.Wait()
	}
}

// CloseWrite tells the other end that no more is coming. It can still be read from.
func (c *conn) CloseWrite() error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return c.fault("close", net.ErrClosed)
	}
	if !c.out.done {
		c.out.send(nil, io.EOF)
	}
	c.out.writable.Broadcast()
	return nil
}

// Close ends the connection. If anything is unread the other end is told by a reset.
func (c *conn) Close() error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return c.fault("close", net.ErrClosed)
	}
	if len(c.in.unread) > 0 {
		c.out.reset()
	} else if !c.out.done {
		c.out.send(nil, io.EOF)
	}
	c.shut()
	return nil
}

// abort ends the connection as the end of its process would.
func (c *conn) abort() {
	if !c.closed {
		c.out.reset()
		c.shut()
	}
}

// shut makes this end useless to its owner.
func (c *conn) shut() {
	c.closed, c.in.closed = true, true
	c.in.size -= len(c.in.unread)
	c.in.unread = nil
	c.read.stop()
	c.write.stop()
	for _, s := range []*stream{c.in, c.out} {
		s.readable.Broadcast()
		s.writable.Broadcast()
	}
	delete(c.host.conns, c)
	if c.peer.closed {
		delete(c.net.conns, c)
		delete(c.net.conns, c.peer)
	}
}

func (c *conn) LocalAddr() net.Addr  { return Addr(c.host.id) }
func (c *conn) RemoteAddr() net.Addr { return Addr(c.other.id) }

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.until(&c.read, c.in, true, t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.until(&c.write, c.out, false, t) }

func (c *conn) until(d *deadline, s *stream, reads bool, t time.Time) error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.closed {
		return c.fault("set", net.ErrClosed)
	}
	wake := s.writable.Broadcast
	if reads {
		wake = s.readable.Broadcast
	}
	d.stop()
	d.at, d.timer = t, nil
	if t.IsZero() {
		return nil
	}
	if in := time.Until(t); in > 0 {
		d.timer = time.AfterFunc(in, func() {
			c.net.mu.Lock()
			defer c.net.mu.Unlock()
			wake()
		})
		return nil
	}
	wake()
	return nil
}

// fault is an error as package net has it.
func (c *conn) fault(op string, err error) error {
	if c.host.gone() {
		err = errKilled
	}
	return &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
