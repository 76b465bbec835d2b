package inprocess

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/inprocess/network"
	"github.com/splitvote/splitvote/history"
)

// client is one process's client of one incarnation, around the one that Dial has made.
type client struct {
	cluster *Cluster
	at      *incarnation
	host    *network.Host // that it dials from
	inner   cluster.Client
	direct  atomic.Bool // it calls the member's methods, and we stand in for the network
	// busy holds a token while a call is under way, which may outlast the wait for it.
	busy chan struct{}
}

// dial makes a client of an incarnation. It does not wait longer than ctx lasts.
func (c *Cluster) dial(ctx context.Context, i *incarnation) (*client, error) {
	if i.down() {
		return nil, fmt.Errorf("%s is down", i.of.id)
	}
	host := c.network.Client("a client of " + string(i.of.id))
	k := &client{cluster: c, at: i, busy: make(chan struct{}, 1), host: host}
	m := Member{
		ID: string(i.of.id), Members: c.members(), Seed: i.of.seed, Log: i.of.log, host: k.host, ctx: ctx, from: k,
	}
	type result struct {
		inner cluster.Client
		err   error
	}
	dialled, abandoned := make(chan result), make(chan struct{})
	c.errands.run("a client", "Dial of "+m.ID, func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = cluster.Panicked(p)
				c.panicked(r.err)
			}
			select {
			case dialled <- r:
			case <-abandoned:
				if r.inner != nil {
					k.inner = r.inner
					k.hangUp()
				}
			}
		}()
		if r.inner, r.err = c.config.Dial(ctx, m); r.err == nil && r.inner == nil {
			r.err = errors.New("Dial returned no client")
		}
	})
	defer close(abandoned)
	select {
	case r := <-dialled:
		if r.err != nil {
			k.host.Kill()
			return nil, fmt.Errorf("dial %s: %w", m.ID, r.err)
		}
		k.inner = r.inner
		return k, nil
	case <-ctx.Done():
	case <-i.dead:
	}
	k.host.Kill()
	return nil, fmt.Errorf("dial %s: Dial %w in time", m.ID, errLate)
}

// Invoke makes a call, and gives up waiting when ctx ends or the member is killed.
func (k *client) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	if k.at.down() {
		return k.failed(op, "is down")
	}
	if k.direct.Load() && !k.reached(ctx) {
		return k.failed(op, "is paused, and was not reached")
	}
	type result struct {
		answer cluster.Answer
		panic  any
	}
	done := make(chan result, 1)
	k.busy <- struct{}{}
	k.cluster.errands.run("a client", "a call of "+op.F+" at "+string(op.Node), func() {
		defer func() { <-k.busy }()
		var r result
		defer func() {
			if r.panic = recover(); r.panic != nil {
				r.panic = cluster.Panicked(r.panic)
			}
			done <- r
		}()
		r.answer = k.inner.Invoke(ctx, op)
	})
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		k.host.Kill() // what waits for a connection learns that nobody waits for it
		return k.unknown(op, "no answer in time")
	case <-k.at.dead:
		return k.unknown(op, "was killed during the call")
	}
	switch {
	case r.panic != nil:
		panic(r.panic)
	case k.at.down(): // I4
		return k.unknown(op, "was killed during the call")
	case k.direct.Load() && !k.reached(ctx):
		return k.unknown(op, "was paused or killed before its answer came")
	}
	return r.answer
}

// reached waits while the member is paused.
func (k *client) reached(ctx context.Context) bool {
	for {
		resumed := k.cluster.network.Paused(k.at.of.id)
		if resumed == nil {
			return !k.at.down()
		}
		select {
		case <-resumed:
		case <-k.at.dead:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

func (k *client) failed(op history.Op, why string) cluster.Answer {
	op.Kind, op.Err = history.Fail, string(k.at.of.id)+" "+why
	return cluster.Answer{Op: op, Again: true}
}

func (k *client) unknown(op history.Op, why string) cluster.Answer {
	op.Kind, op.Err = history.Info, string(k.at.of.id)+": "+why
	return cluster.Answer{Op: op}
}

// Close hangs up beside the caller. A call that is still under way has its connections reset, and
// is waited for.
func (k *client) Close() error {
	k.cluster.errands.run("a client", "Close of a client of "+string(k.at.of.id), func() {
		select {
		case k.busy <- struct{}{}:
		default:
			k.host.Kill()
			k.busy <- struct{}{} // a call that never ends is told of when the cluster is closed (I5)
		}
		k.hangUp()
	})
	return nil
}

func (k *client) hangUp() {
	defer k.host.Kill()
	defer k.cluster.guard("Close of a client")
	k.inner.Close()
}
