package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/splitvote/splitvote/node/frame"
	"github.com/splitvote/splitvote/protocol"
)

// greet is how long a connected peer can take to send its hello.
const greet = 5 * time.Second

// receive accepts messages from peers until ctx is done. If the core does not keep up, peers wait.
func receive(ctx context.Context, c *Config, g *gate, core chan<- protocol.Input) error {
	var open sync.WaitGroup
	defer open.Wait()
	defer context.AfterFunc(ctx, func() { c.Peer.Close() })()
	for {
		conn, err := c.Peer.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("node: accepting peers: %w", err)
		}
		open.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			if err := listen(ctx, c, g, conn, core); err != nil && ctx.Err() == nil {
				c.Log.Warn("connection of a peer ended", "from", conn.RemoteAddr().String(), "why", err)
			}
		})
	}
}

// listen reads one connection: the hello, then messages. A closed or broken connection is not an
// error.
func listen(ctx context.Context, c *Config, g *gate, conn net.Conn, core chan<- protocol.Input) error {
	r := bufio.NewReader(conn)
	if err := conn.SetReadDeadline(time.Now().Add(greet)); err != nil {
		return err
	}
	hello, err := readHello(r, c.ID)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	if hello.Run != c.Run {
		g.refuse(string(hello.From), hello.Run)
		return nil
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	c.Log.Info("hears", "peer", hello.From)
	for {
		payload, err := frame.Read(r)
		if err != nil {
			if n := new(net.OpError); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
				errors.As(err, &n) {
				c.Log.Info("hears no more", "peer", hello.From)
				return nil
			}
			return fmt.Errorf("of %s: %w", hello.From, err)
		}
		body, err := c.Protocol.Codec.Unmarshal(payload)
		if err != nil {
			return fmt.Errorf("of %s: %w", hello.From, err)
		}
		select {
		case core <- protocol.Receive{Message: protocol.Message{From: hello.From, To: c.ID, Body: body}}:
		case <-ctx.Done():
			return nil
		}
	}
}

func readHello(r io.Reader, id protocol.NodeID) (frame.Hello, error) {
	payload, err := frame.Read(r)
	if err != nil {
		return frame.Hello{}, err
	}
	hello, err := frame.ParseHello(payload)
	if err == nil && hello.To != id {
		err = fmt.Errorf("%s wants to speak to %s, and this is %s", hello.From, hello.To, id)
	}
	return hello, err
}
