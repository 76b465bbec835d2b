package controls

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Calls is what a liar needs of a cluster (cluster.Cluster has it).
type Calls interface {
	Now() time.Duration
	Invoke(op history.Op)
	Next(ctx context.Context, until time.Duration) (history.Op, bool)
}

const (
	most    = 20 // lies before the final calls; the final calls are always lied about
	holding = 20 // completions for which a held answer waits at most
	waiting = 5  // completions before an update is sent again
	// shadow is the first process of the updates that are sent again. No client reaches it.
	shadow = history.Process(1) << 40
)

// Told is a lie that was told: about the call whose invocation has this index, at this time of the
// run.
type Told struct {
	Call int
	At   time.Duration
}

// CallsOf lists the calls that were lied about, by the index of their invocation.
func CallsOf(told []Told) []int {
	calls := make([]int, len(told))
	for i, lie := range told {
		calls[i] = lie.Call
	}
	return calls
}

// Liar stands between the clients and a cluster. One goroutine uses it.
type Liar struct {
	under Calls
	lie   Lie
	rand  *rand.Rand
	from  time.Duration // the first lie comes no sooner
	told  []Told

	memory memory
	seq    int                            // events seen
	open   map[history.Process]invocation // under way, as the clients made them
	sent   int                            // calls of clients that are under way at the cluster
	ready  []history.Op                   // completions made up, or held back and released
	held   *history.Op
	since  int // completions since held was taken
	again  []resend
	shades history.Process
}

type invocation struct {
	op    history.Op
	began int  // seq
	bare  bool // its writes were not sent
}

type resend struct {
	op history.Op
	at int // seq
}

// NewLiar makes a liar of one kind, who begins at a moment drawn from the first half of within.
func NewLiar(under Calls, lie Lie, seed uint64, within time.Duration) *Liar {
	r := rand.New(rand.NewPCG(seed, 0x636f6e74726f6c))
	return &Liar{under: under, lie: lie, rand: r, from: time.Duration(r.Int64N(int64(within)/2 + 1)),
		memory: memory{}, open: map[history.Process]invocation{}, shades: shadow}
}

// Told lists the lies told, in order.
func (l *Liar) Told() []Told { return l.told }

// Invoke sends a call, or something else, or nothing.
func (l *Liar) Invoke(asked history.Op) {
	l.seq++
	call := invocation{op: asked, began: l.seq}
	send := asked
	if l.lie.send != nil && l.willing(asked) {
		sent, done := l.lie.send(l, asked)
		switch {
		case done != nil:
			l.tell(asked)
			done.Time = l.under.Now()
			l.open[asked.Process] = call
			l.ready = append(l.ready, *done)
			return
		case sent != nil:
			l.tell(asked)
			send, call.bare = *sent, true
		}
	}
	l.open[asked.Process] = call
	l.sent++
	l.under.Invoke(send)
}

// Next hands out the next completion as cluster.Cluster's Next does.
func (l *Liar) Next(ctx context.Context, until time.Duration) (history.Op, bool) {
	for {
		if l.held != nil && (l.sent == 0 || l.since > holding) {
			l.release()
		}
		if len(l.ready) > 0 {
			op := l.ready[0]
			l.ready = l.ready[1:]
			delete(l.open, op.Process)
			return op, true
		}
		l.resend()
		op, ok := l.under.Next(ctx, until)
		switch {
		case !ok:
			return op, false
		case op.Process == history.Nemesis:
			return op, true
		case op.Process >= shadow:
			continue
		}
		l.sent--
		if op, ok = l.complete(op); ok {
			delete(l.open, op.Process)
			return op, true
		}
	}
}

// complete is what a client is told; false while the answer is held back.
func (l *Liar) complete(done history.Op) (history.Op, bool) {
	l.seq++
	l.since++
	call := l.open[done.Process]
	asked := call.op
	if call.bare && done.Kind == history.Ok {
		done.Value = withWrites(asked.Value, done.Value)
	} else if call.bare {
		done.Value = asked.Value
	}
	truth := done
	if l.lie.answer != nil && (l.held != nil || l.willing(asked)) {
		var lied bool
		if done, lied = l.lie.answer(l, asked, done); lied {
			l.tell(asked)
		}
	}
	l.memory.note(call, truth, l.seq)
	return done, l.held == nil || l.held.Process != done.Process
}

// willing says whether it is time for a lie.
func (l *Liar) willing(asked history.Op) bool {
	if asked.Final {
		return true
	}
	return asked.Time >= l.from && len(l.told) < most && l.rand.IntN(2) == 0
}

func (l *Liar) tell(asked history.Op) { l.told = append(l.told, Told{asked.Index, asked.Time}) }

// hold keeps an answer back until release.
func (l *Liar) hold(done history.Op) { l.held, l.since = &done, 0 }

func (l *Liar) release() {
	l.held.Time = max(l.held.Time, l.under.Now())
	l.ready = append(l.ready, *l.held)
	l.held = nil
}

// later sends an update once more, as a client of its own.
func (l *Liar) later(asked history.Op) {
	asked.Process, l.shades = l.shades, l.shades+1
	l.again = append(l.again, resend{asked, l.seq + waiting})
}

func (l *Liar) resend() {
	for len(l.again) > 0 && l.again[0].at <= l.seq {
		l.under.Invoke(l.again[0].op)
		l.again = l.again[1:]
	}
}

// stale is what was seen of a part before an acknowledged update of it that ended before the call
// began.
func (l *Liar) stale(asked history.Op, p part) ([]byte, bool) {
	return l.memory.stale(l.open[asked.Process], p)
}

// before is an earlier answer to the same call on the same key, other than now.
func (l *Liar) before(key, f string, now []byte) ([]byte, bool) {
	return l.memory.before(f+" "+key, now)
}

// elsewhere is what was last seen of another key.
func (l *Liar) elsewhere(p part) ([]byte, bool) { return l.memory.elsewhere(p) }

type howMany bool

const (
	one howMany = false
	all howMany = true
)

// reread replaces what a completed call has read, part by part.
func (l *Liar) reread(
	asked, done history.Op, replace func(p part, reads int) ([]byte, bool), many howMany,
) (history.Op, bool) {
	if done.Kind != history.Ok {
		return done, false
	}
	seen := observed(done)
	if len(seen) == 0 {
		return done, false
	}
	lied := false
	first := l.rand.IntN(len(seen))
	for i := range seen {
		p := &seen[(first+i)%len(seen)]
		if value, ok := replace(*p, len(seen)); ok && string(value) != string(p.value) {
			p.value, lied = value, true
			if many == one {
				break
			}
		}
	}
	if lied {
		done.Value = rebuilt(done, seen)
	}
	return done, lied
}

// Now is the cluster's time.
func (l *Liar) Now() time.Duration { return l.under.Now() }
