package live

import (
	"context"
	"errors"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// process is one logical client. By H1 a single call at a time uses it.
type process struct {
	connections map[history.NodeID]connection
	seen        uint64 // the greatest position that it has seen
}

type connection struct {
	addr   string
	client cluster.Client
}

// call makes attempts at op until one of them ends it or its time is over.
func (l *Clients) call(op history.Op) history.Op {
	p := l.process(op.Process)
	r := l.config.Retry
	start := time.Now()
	call := cluster.NewCall(op, l.config.Nodes, 0)
	for {
		a := l.attempt(p, call.Node, op, min(r.Attempt, r.Timeout-time.Since(start)))
		done, over, wait := call.After(a, r, time.Since(start))
		if over {
			if done.Kind == history.Info {
				l.pause(r.Attempt - time.Since(start)) // L5
			}
			return done
		}
		if !l.pause(wait) {
			a := cluster.Answer{Op: ended(op, history.Fail, "the cluster is closed")}
			done, _, _ := call.After(a, r, time.Since(start))
			return done
		}
	}
}

// attempt asks one node once. A node that cannot be dialled has not heard of op.
func (l *Clients) attempt(p *process, node history.NodeID, op history.Op, limit time.Duration) cluster.Answer {
	ctx, cancel := context.WithTimeout(l.ctx, limit)
	defer cancel()
	op.Node = node
	client, err := l.dial(ctx, p, node, op.Process)
	if err != nil {
		return cluster.Answer{Op: ended(op, history.Fail, err.Error()), Again: true}
	}
	a := client.Invoke(ctx, op)
	if a.Op.Kind == history.Invoke {
		return cluster.Answer{Op: ended(op, history.Info, "client returned no completion")}
	}
	return a
}

// dial returns the process's client of a node. It makes one if there is none or the node has
// moved.
func (l *Clients) dial(ctx context.Context, p *process, node history.NodeID, id history.Process) (cluster.Client,
	error) {
	addr := l.config.Addr(node)
	c, ok := p.connections[node]
	if ok && c.addr == addr {
		return c.client, nil
	}
	if ok {
		delete(p.connections, node)
		if err := c.client.Close(); err != nil {
			return nil, err
		}
	}
	session := cluster.Session{Process: id, Object: l.config.Object, Run: l.config.Run, Seen: &p.seen}
	client, err := l.config.Target.Dial(ctx, addr, session)
	if err != nil {
		return nil, err
	}
	p.connections[node] = connection{addr, client}
	return client, nil
}

// pause waits, and reports false if the cluster is closed meanwhile.
func (l *Clients) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.ctx.Done():
		return false
	}
}

func (l *Clients) process(id history.Process) *process {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.processes[id]
	if !ok {
		p = &process{connections: map[history.NodeID]connection{}}
		l.processes[id] = p
	}
	return p
}

// retire disconnects a process that makes no more calls (H4).
func (l *Clients) retire(id history.Process) error {
	l.mu.Lock()
	p, ok := l.processes[id]
	delete(l.processes, id)
	l.mu.Unlock()
	if !ok {
		return nil
	}
	var errs []error
	for _, c := range p.connections {
		errs = append(errs, c.client.Close())
	}
	return errors.Join(errs...)
}
