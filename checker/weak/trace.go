package weak

import (
	"fmt"
	"math"
	"time"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// op is a call of a register whose reads say where they read from. A successful cas both reads and
// writes.
type op struct {
	index         int // Op.Index of the invocation, for evidence
	key, session  int
	reads, writes bool
	avoids        bool // it tells only that the value was not that of from
	pending       bool
	from          int           // what it reads: the op that wrote it, or initial, or nowhere
	begin, end    int           // positions of events; end is never of a call whose outcome is unknown
	start, stop   time.Duration // their times
}

const (
	initial = -1          // the value before any write
	nowhere = -2          // a value that nobody wrote
	never   = math.MaxInt // the end of a call whose outcome is unknown
)

// trace is a history of registers as the rules of the levels see it: ops in the order of their
// invocations, and by session.
type trace struct {
	ops      []op
	sessions [][]int
	process  []history.Process // of a session
	keys     []string

	mismatches int // cas that found another value, which are left out (see mismatch)
}

// ambiguous is the error for a history whose reads do not tell where they read from.
type ambiguous struct{ what string }

func (e *ambiguous) Error() string { return e.what }

// access is what a call says of one register: the value that it reads, the value that it writes.
type access struct {
	reads, writes  bool
	avoids         bool // value is what it did not read
	value, written model.Value
}

// registers reads a history of register or cas-register, with all calls whose outcome is unknown.
func registers(h *history.History, m model.Register) (*trace, error) { return seeing(h, m, nil) }

// seeing is registers with the cas that found another value as reads of what found says, or else as
// ops that avoid the old one.
func seeing(h *history.History, m model.Register, found seen) (*trace, error) {
	initially := func(key string) (model.Value, error) { return model.InitialState(m, h.Initial.Of(key)) }
	return read(h, initially, func(invocation, completion *history.Op) (access, error) {
		in, out, err := m.Call(invocation, completion)
		if err != nil {
			return access{}, err
		}
		var result *model.Value
		if completion != nil {
			result = &out
		}
		a := access{reads: in.F != model.Write, writes: in.F != model.Read, value: out, written: in.Value}
		if in.F == model.CAS {
			a.value = in.Old
		}
		if in.Mismatched(result) {
			a.writes = false
			if a.value, a.reads = found[invocation.Index]; found != nil && !a.reads {
				a.avoids, a.value = true, in.Old
			}
		}
		return a, nil
	})
}

// read makes a trace of calls on registers that hold initially what initially says. Calls that
// failed had no effect, and reads with unknown result say nothing.
func read(
	h *history.History, initially func(key string) (model.Value, error),
	parse func(invocation, completion *history.Op) (access, error),
) (*trace, error) {
	type version struct {
		key   int
		value model.Value
	}
	t := &trace{ops: make([]op, 0, len(h.Calls()))}
	values := make([]model.Value, 0, len(h.Calls())) // that the ops read
	var first []model.Value                          // of each key: what it holds initially
	sessionOf, keyOf, writer := map[history.Process]int{}, map[string]int{}, map[version]int{}
	for _, c := range h.Calls() {
		invocation, kind := h.Invocation(c), h.Kind(c)
		if invocation.Process == history.Nemesis || kind == history.Fail {
			continue
		}
		var completion *history.Op
		o := op{index: invocation.Index, begin: c.Invoke, end: never, pending: kind == history.Info}
		o.start, o.stop = h.Span(c)
		if kind == history.Ok {
			completion, o.end = h.Completion(c), c.Complete
		}
		a, err := parse(invocation, completion)
		if err != nil {
			return nil, err
		}
		switch {
		case o.pending && !a.writes:
			continue
		case !a.writes && !a.reads:
			if t.mismatches++; !a.avoids {
				continue
			}
		}
		o.key, o.session = number(keyOf, invocation.Key), number(sessionOf, invocation.Process)
		if o.key == len(t.keys) {
			v, err := initially(invocation.Key)
			if err != nil {
				return nil, fmt.Errorf("the initial value of %s: %w", subject(invocation.Key), err)
			}
			t.keys, first = append(t.keys, invocation.Key), append(first, v)
		}
		if o.session == len(t.process) {
			t.process = append(t.process, invocation.Process)
		}
		o.reads, o.writes, o.avoids = a.reads, a.writes, a.avoids
		if a.writes {
			v := version{o.key, a.written}
			if a.written == first[o.key] {
				return nil, &ambiguous{fmt.Sprintf("event %d: writes %s, which is also the initial value", o.index,
					a.written)}
			}
			if first, twice := writer[v]; twice {
				return nil, &ambiguous{fmt.Sprintf("events %d and %d write the same value, so that reads do not "+
					"tell which they saw", t.ops[first].index, o.index)}
			}
			writer[v] = len(t.ops)
		}
		t.ops, values = append(t.ops, o), append(values, a.value)
	}
	for i := range t.ops {
		o := &t.ops[i]
		o.from = initial
		if (o.reads || o.avoids) && values[i] != first[o.key] {
			w, written := writer[version{o.key, values[i]}]
			if o.from = w; !written {
				o.from = nowhere
			}
		}
	}
	t.sessions = t.bySession()
	return t, nil
}

// bySession lists the ops of each session. The lists share one array, which is not grown.
func (t *trace) bySession() [][]int {
	counts := make([]int, len(t.process))
	for i := range t.ops {
		counts[t.ops[i].session]++
	}
	all, sessions := make([]int, len(t.ops)), make([][]int, len(t.process))
	for s, n := range counts {
		sessions[s], all = all[:0:n], all[n:]
	}
	for i := range t.ops {
		s := &sessions[t.ops[i].session]
		*s = append(*s, i)
	}
	return sessions
}

// subject names a key in a sentence.
func subject(key string) string {
	if key == "" {
		return "the object"
	}
	return "key " + key
}

func number[K comparable](of map[K]int, k K) int {
	n, known := of[k]
	if !known {
		n = len(of)
		of[k] = n
	}
	return n
}

// effective is the trace of the ops that took effect. One with unknown outcome did if and only if
// somebody saw what it wrote (W3): whoever reads it says so, and without a reader an order that
// explains the history explains it without that op.
func (t *trace) effective() *trace {
	took := make([]bool, len(t.ops))
	var todo []int
	mark := func(i int) {
		if !took[i] {
			took[i] = true
			todo = append(todo, i)
		}
	}
	for i := range t.ops {
		if !t.ops[i].pending {
			mark(i)
		}
	}
	for len(todo) > 0 {
		o := &t.ops[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if o.reads && o.from >= 0 {
			mark(o.from)
		}
	}
	return t.keep(took)
}

// keep is the trace of the ops that are marked, without those that read what is not.
func (t *trace) keep(marked []bool) *trace {
	kept := &trace{process: t.process, keys: t.keys, mismatches: t.mismatches, sessions: make([][]int, len(t.process))}
	marked = t.explained(marked)
	at := make([]int, len(t.ops))
	for i := range t.ops {
		if marked[i] {
			at[i] = len(kept.ops)
			kept.ops = append(kept.ops, t.ops[i])
		}
	}
	for i := range kept.ops {
		o := &kept.ops[i]
		switch {
		case o.from >= 0 && o.avoids && !marked[o.from]:
			o.from = nowhere
		case o.from >= 0:
			o.from = at[o.from]
		}
		kept.sessions[o.session] = append(kept.sessions[o.session], i)
	}
	return kept
}

// explained takes from the marked ops those that read, in one step or several, what is not marked.
func (t *trace) explained(marked []bool) []bool {
	left := make([]bool, len(t.ops))
	copy(left, marked)
	readers := t.readers()
	var todo []int
	for i, in := range marked {
		if !in {
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, r := range readers[i] {
			if left[r] {
				left[r] = false
				todo = append(todo, r)
			}
		}
	}
	return left
}

// readers lists for each op those that read what it wrote, in the order of their invocations.
func (t *trace) readers() [][]int {
	readers := make([][]int, len(t.ops))
	for i := range t.ops {
		if o := &t.ops[i]; o.reads && o.from >= 0 {
			readers[o.from] = append(readers[o.from], i)
		}
	}
	return readers
}

// byKey are the traces of each key alone.
func (t *trace) byKey() []*trace {
	if len(t.keys) == 1 {
		return []*trace{t}
	}
	parts := make([]*trace, len(t.keys))
	at := make([]int, len(t.ops))
	for i := range parts {
		parts[i] = &trace{process: t.process, keys: t.keys, sessions: make([][]int, len(t.process))}
	}
	for i := range t.ops {
		o := &t.ops[i]
		part := parts[o.key]
		at[i] = len(part.ops)
		part.ops = append(part.ops, *o)
		part.sessions[o.session] = append(part.sessions[o.session], at[i])
	}
	for _, part := range parts {
		for i := range part.ops {
			if o := &part.ops[i]; o.from >= 0 {
				o.from = at[o.from]
			}
		}
	}
	return parts
}
