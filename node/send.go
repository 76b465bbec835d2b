package node

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/splitvote/splitvote/node/frame"
	"github.com/splitvote/splitvote/protocol"
)

const (
	queued      = 1024                   // messages that can wait for a peer's connection; the oldest are lost (N3)
	dialing     = 500 * time.Millisecond // for one attempt to connect
	firstPause  = 20 * time.Millisecond  // after a failed attempt; doubled after each further one
	longestWait = 500 * time.Millisecond // between attempts: the most that reconnecting adds after a partition heals
)

// senders holds the connection to each peer.
type senders map[protocol.NodeID]*sender

// newSenders starts a goroutine per peer, each until ctx is done.
func newSenders(ctx context.Context, work *sync.WaitGroup, c *Config) senders {
	all := senders{}
	for id, addr := range c.Peers {
		if id == c.ID {
			continue
		}
		s := &sender{
			hello: frame.Hello{From: c.ID, To: id, Run: c.Run}, addr: addr, codec: c.Protocol.Codec,
			log:   c.Log.With("peer", id),
			queue: make(chan any, queued),
		}
		all[id] = s
		work.Go(func() { s.run(ctx) })
	}
	return all
}

// send queues m and does not wait. A message to a node without an address is lost.
func (all senders) send(m protocol.Message) {
	if s := all[m.To]; s != nil {
		s.put(m.Body)
	}
}

// sender sends messages to one peer, over one connection at a time.
type sender struct {
	hello frame.Hello
	addr  string
	codec protocol.Codec
	log   *slog.Logger
	queue chan any // bodies
}

// put drops the oldest message if the queue is full. Only the core's goroutine calls put.
func (s *sender) put(body any) {
	for {
		select {
		case s.queue <- body:
			return
		default:
		}
		select {
		case <-s.queue:
		default:
		}
	}
}

// run connects repeatedly and sends while connected.
func (s *sender) run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		conn, err := s.dial(ctx)
		if err == nil {
			pause = firstPause
			s.log.Info("speaks")
			err = s.speak(ctx, conn)
			conn.Close()
			if ctx.Err() == nil {
				s.log.Info("speaks no more", "why", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestWait)
		s.forget()
	}
}

// dial connects and sends the hello.
func (s *sender) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: dialing, Control: control}
	conn, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	if err := frame.Write(conn, s.hello.Marshal()); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// speak sends what is queued until the connection breaks or ctx is done.
func (s *sender) speak(ctx context.Context, conn net.Conn) error {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	broken := make(chan error, 1)
	go func() { broken <- ended(conn) }()
	w := bufio.NewWriter(conn)
	for {
		select {
		case body := <-s.queue:
			if err := s.write(w, body); err != nil {
				conn.Close()
				<-broken
				return err
			}
		case err := <-broken:
			return err
		}
	}
}

// write writes body, and flushes if no other message follows at once.
func (s *sender) write(w *bufio.Writer, body any) error {
	payload, err := s.codec.Marshal(body)
	if err != nil {
		return err
	}
	if err := frame.Write(w, payload); err != nil {
		return err
	}
	if len(s.queue) > 0 {
		return nil
	}
	return w.Flush()
}

// ended returns when the connection is closed. The peer sends nothing, so a read returns only then.
func ended(conn net.Conn) error {
	_, err := conn.Read(make([]byte, 1))
	if err == nil {
		err = fmt.Errorf("the peer speaks where it should listen")
	}
	return err
}

// forget drops what was queued while there was no connection. The core considers those messages
// sent,
// and its next messages are more useful.
func (s *sender) forget() {
	for {
		select {
		case <-s.queue:
		default:
			return
		}
	}
}
