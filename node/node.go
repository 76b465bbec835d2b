package node

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/splitvote/splitvote/node/wal"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

// Run runs a node until ctx is done, which is a clean end, or until the node cannot continue.
func Run(ctx context.Context, c Config) (err error) {
	defer c.Client.Close()
	defer c.Peer.Close()
	if err := c.Check(); err != nil {
		return err
	}
	options, err := settle(c.Protocol.Options, c.Options)
	if err != nil {
		return err
	}
	if c.Bug != "" {
		c.Log.Warn("A BUG IS SWITCHED ON: this node is meant to be wrong", "bug", c.Bug)
	}
	locked, err := lock(c.Data)
	if err != nil {
		return err
	}
	defer locked.Close()
	journal, recovery, err := wal.Open(c.Data, c.Protocol.Codec)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, journal.Close()) }()
	if recovery.Torn > 0 {
		c.Log.Warn("cut off a torn tail", "segment", recovery.Segment, "bytes", recovery.Torn)
	}
	core, err := c.Protocol.New(protocol.Config{
		ID: c.ID, Members: c.Members, Options: options, Bug: c.Bug, Machine: kv.New(),
	}, recovery.Records)
	if err != nil {
		return fmt.Errorf("node: cannot start from %s: %w", recovery.Segment, err)
	}
	c.Log.Info("serving", "protocol", c.Protocol.Name, "records", len(recovery.Records),
		"peers", c.Peer.Addr().String(), "clients", c.Client.Addr().String())

	life, end := context.WithCancelCause(ctx)
	defer end(nil)
	var work sync.WaitGroup
	h := newHost(&c, core, journal, newSenders(life, &work, &c))
	g := newGate(&c)
	start := func(f func(context.Context) error) {
		work.Go(func() {
			if err := f(life); err != nil {
				end(err)
			}
		})
	}
	start(h.run)
	start(func(ctx context.Context) error { return receive(ctx, &c, g, h.input) })
	start(func(ctx context.Context) error { return serve(ctx, &c, g, h) })
	<-life.Done()
	work.Wait()
	c.Log.Info("stopped", "why", context.Cause(life))
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(life)
}
