package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Config is what clients need from the backend that started their nodes.
type Config struct {
	Target cluster.Target
	Nodes  []history.NodeID
	Object string
	Run    string
	Retry  cluster.Retry
	// Addr returns the host:port at which clients reach a node now. Several goroutines call it
	// before every attempt: a backend may move a node when it restarts it.
	Addr func(history.NodeID) string
	// Start is when the cluster was opened; the zero time is now.
	Start time.Time
	// OnStatus as in cluster.Config. It must not call Close.
	OnStatus func(at time.Duration, node history.NodeID, s cluster.Status)
	// OnExit as in cluster.Config.
	OnExit func(cluster.Exit)
}

// Clients is everything of a cluster.Cluster except its nodes. A backend embeds it, and closes it
// before it stops the nodes.
type Clients struct {
	config Config
	ctx    context.Context // of every call, fault and poll
	cancel context.CancelFunc
	queue  queue
	work   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	processes map[history.Process]*process
	panicked  *cluster.PanicError              // the first
	clocks    map[history.NodeID]cluster.Clock // that were ever set

	telling sync.Mutex // of exits, one at a time
}

// NewClients makes clients of the nodes. If OnStatus is set it also begins to ask every node for
// its status.
func NewClients(c Config) *Clients {
	if c.Start.IsZero() {
		c.Start = time.Now()
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Clients{config: c, ctx: ctx, cancel: cancel, processes: map[history.Process]*process{},
		clocks: map[history.NodeID]cluster.Clock{}}
	l.queue = queue{start: c.Start, filled: make(chan struct{}, 1)}
	if c.OnStatus != nil {
		l.watch()
	}
	return l
}

// Nodes are the members, in the order given.
func (l *Clients) Nodes() []history.NodeID { return l.config.Nodes }

// Now is the time since the cluster was opened.
func (l *Clients) Now() time.Duration { return l.queue.now() }

// Next waits for a completion as in cluster.Cluster. A completion that waits already is returned
// even after the deadline, so none is left behind. Once closed, Next returns what there is without
// waiting.
func (l *Clients) Next(ctx context.Context, until time.Duration) (history.Op, bool) {
	if op, ok := l.queue.take(); ok {
		return op, true
	}
	due := time.NewTimer(until - time.Since(l.config.Start))
	defer due.Stop()
	for {
		select {
		case <-l.queue.filled:
		case <-due.C:
			return l.queue.take()
		case <-ctx.Done():
			return history.Op{}, false
		case <-l.ctx.Done():
			return l.queue.take()
		}
		if op, ok := l.queue.take(); ok {
			return op, true
		}
	}
}

// Panicked returns the first panic of a client or a fault, nil if there was none. Its call has
// completed as info (L3).
func (l *Clients) Panicked() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.panicked == nil {
		return nil
	}
	return l.panicked
}

// Invoke starts a call in a goroutine of its own. Once closed, the call fails without being made.
func (l *Clients) Invoke(op history.Op) {
	l.begin(op, func() {
		done := l.guarded(op, func() history.Op { return l.call(op) })
		l.queue.put(done)
		if done.Kind == history.Info {
			l.retire(op.Process)
		}
	})
}

// Do runs f in its own goroutine; its context ends when the cluster is closed. Once closed, f is
// not run.
func (l *Clients) Do(op history.Op, f func(context.Context) history.Op) {
	l.begin(op, func() {
		l.queue.put(l.guarded(op, func() history.Op { return f(l.ctx) }))
	})
}

// Status asks a node for its status.
func (l *Clients) Status(ctx context.Context, node history.NodeID) (cluster.Status, error) {
	return l.config.Target.Status(ctx, l.config.Addr(node))
}

// Exited reports an exit that this run did not cause. It returns false if the cluster is closed,
// which may have caused it.
func (l *Clients) Exited(e cluster.Exit) bool {
	l.telling.Lock()
	defer l.telling.Unlock()
	if l.ctx.Err() != nil {
		return false
	}
	if l.config.OnExit != nil {
		e.At = time.Since(l.config.Start)
		l.config.OnExit(e)
	}
	return true
}

// Parallel says that harm to several nodes can be done, and undone, at once.
func (l *Clients) Parallel() {}

// Close ends every call, fault and poll, waits for them, and disconnects all clients. Their
// completions can still be taken with Next. It is safe to call twice.
func (l *Clients) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.work.Wait()
	l.mu.Lock()
	ids := slices.Collect(maps.Keys(l.processes))
	l.mu.Unlock()
	var errs []error
	for _, id := range ids {
		errs = append(errs, l.retire(id))
	}
	return errors.Join(errs...)
}

// begin runs work beside the driver, unless the cluster is closed: then op certainly had no
// effect.
func (l *Clients) begin(op history.Op, work func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.queue.put(ended(op, history.Fail, "the cluster is closed"))
		return
	}
	l.work.Go(work)
}

// guarded turns whatever f does into a completion of op (L3).
func (l *Clients) guarded(op history.Op, f func() history.Op) (done history.Op) {
	defer func() {
		if r := recover(); r != nil {
			panicked := cluster.Panicked(r)
			l.mu.Lock()
			if l.panicked == nil {
				l.panicked = panicked
			}
			l.mu.Unlock()
			done = ended(op, history.Info, fmt.Sprintf("panic: %v", r))
		}
	}()
	if done = f(); done.Kind == history.Invoke {
		done = ended(op, history.Info, "no completion was returned")
	}
	return done
}

// ended completes op without a result, and says why.
func ended(op history.Op, k history.Kind, why string) history.Op {
	op.Kind, op.Err = k, why
	return op
}
