package weak

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// call is a client's call of any model.
type call[In, Out any] struct {
	in      In
	out     *Out // nil if unknown
	key     int
	index   int
	text    string
	begin   int
	end     int // never where the outcome is unknown
	pending bool
	updates bool
}

// explorer looks for one legal order of the calls of any model, session by session. A call with
// unknown outcome is the last of its session and need not be placed.
type explorer[S, In, Out any] struct {
	ctx      context.Context
	m        model.Model[S, In, Out]
	sessions [][]call[In, Out]
	next     []int
	states   []S // of each key
	todo     int // completed calls that are not placed
	dead     map[string][][]S
	size     int
	changed  int         // the key whose state the last call has changed
	sizeOf   func(S) int // of a state: the others of a configuration are shared
	steps    int
	fewest   int // of todo
	stuck    []int
	prompt   bool // no update before one that had ended when it began
	budget   int  // step budget, 0 for no limit

	// passed says that a call that changes nothing comes too late for good: no state that follows s
	// answers it as it was answered. nil where states come back.
	passed func(s S, in In, out *Out) bool
	reads  [][]place // of each key: the calls that change nothing
}

// place is where a call is found.
type place struct{ session, at int }

// bySearch decides sequential consistency of any model by the definition, with a memory of what
// failed.
func bySearch[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], h *history.History) checker.Result {
	return byGrowth(ctx, m, h, nil)
}

// byGrowth does so for states that only grow, if passed is not nil: then it turns back as soon as a
// call comes too late.
func byGrowth[S, In, Out any](
	ctx context.Context, m model.Model[S, In, Out], h *history.History, passed func(s S, in In, out *Out) bool,
) (result checker.Result) {
	defer func() {
		if p := recover(); p != nil {
			result = checker.Result{Verdict: checker.Unknown, Cause: checker.Panicked,
				Reason: fmt.Sprintf("the model panicked: %v", p), Stats: map[string]any{"stack": string(debug.Stack())}}
		}
	}()
	x := explorer[S, In, Out]{ctx: ctx, m: m, dead: map[string][][]S{}, passed: passed, sizeOf: model.SizeOf(m)}
	sessions, keys := map[history.Process]int{}, map[string]int{}
	for _, c := range h.Calls() {
		invocation, kind := h.Invocation(c), h.Kind(c)
		if invocation.Process == history.Nemesis || kind == history.Fail {
			continue
		}
		var completion *history.Op
		if kind == history.Ok {
			completion = h.Completion(c)
		}
		in, out, err := m.Call(invocation, completion)
		if err != nil {
			return undecided(err)
		}
		one := call[In, Out]{in: in, index: invocation.Index, begin: c.Invoke, end: never, pending: completion == nil}
		if completion != nil {
			one.out, one.end = &out, c.Complete
		} else if m.ReadOnly(in, nil) {
			continue
		}
		one.updates = !m.ReadOnly(in, one.out)
		one.text = m.Describe(in, one.out)
		one.key = number(keys, invocation.Key)
		s := number(sessions, invocation.Process)
		if s == len(x.sessions) {
			x.sessions = append(x.sessions, nil)
		}
		if one.key == len(x.reads) {
			x.reads = append(x.reads, nil)
		}
		for _, part := range series(m, one, len(h.Ops)) {
			if !part.updates {
				x.reads[one.key] = append(x.reads[one.key], place{s, len(x.sessions[s])})
			}
			if x.sessions[s] = append(x.sessions[s], part); !part.pending {
				x.todo++
			}
		}
	}
	x.states = make([]S, len(keys))
	for key, i := range keys {
		var err error
		if x.states[i], err = model.StateOf(m, key, h.Initial); err != nil {
			return undecided(fmt.Errorf("the initial value of %s: %w", subject(key), err))
		}
	}
	all := x.todo
	x.fewest = all + 1
	found, err := x.promptly()
	if !found && err == nil {
		x.next = make([]int, len(x.sessions))
		found, err = x.find()
	}
	switch {
	case err != nil:
		return undecided(err)
	case found:
		return checker.Result{Verdict: checker.Valid, Method: "search"}
	}
	return checker.Result{Verdict: checker.Invalid, Method: "search",
		Reason: "the history is not " + called[Sequential], Evidence: []checker.Evidence{x.evidence(all)}}
}

// series are the calls of which a call is made, one after another: of a drain its dequeues, any
// number up to most if its outcome is unknown. Any other call is one.
func series[S, In, Out any](m model.Model[S, In, Out], c call[In, Out], most int) []call[In, Out] {
	drainer, ok := any(m).(model.Drainer[In, Out])
	if !ok {
		return []call[In, Out]{c}
	}
	results, drain := drainer.Drained(c.in, c.out)
	if !drain {
		return []call[In, Out]{c}
	}
	var parts []call[In, Out]
	if c.pending {
		for range most {
			parts = append(parts, c)
		}
	}
	for i := range results {
		part := c
		part.out = &results[i]
		part.updates = !m.ReadOnly(part.in, part.out)
		part.text = m.Describe(part.in, part.out)
		parts = append(parts, part)
	}
	return parts
}

// promptly looks first where graph.promptly does, and for as little.
func (x explorer[S, In, Out]) promptly() (bool, error) {
	x.prompt, x.budget = true, 1000+20*x.todo
	x.dead = map[string][][]S{}
	x.next, x.states = make([]int, len(x.sessions)), slices.Clone(x.states)
	found, err := x.find()
	if errors.Is(err, errPatience) || errors.Is(err, errMemory) {
		return false, nil
	}
	return found, err
}

// evidence names the calls at which the longest order ends.
func (x *explorer[S, In, Out]) evidence(all int) checker.Evidence {
	e := checker.Evidence{Kind: Sequential,
		Summary: fmt.Sprintf("no one order explains what all processes saw: the longest explains %d of %d calls",
			all-x.fewest, all)}
	for s, n := range x.stuck {
		if n < len(x.sessions[s]) && !x.sessions[s][n].pending {
			c := &x.sessions[s][n]
			e.Ops = append(e.Ops, c.index)
			e.Why = append(e.Why, checker.Claim{Op: c.index, Text: c.text + " cannot come next in that order"})
		}
	}
	slices.Sort(e.Ops)
	return e
}

func (x *explorer[S, In, Out]) find() (bool, error) {
	if x.steps++; x.steps%256 == 0 && x.ctx.Err() != nil {
		return false, x.ctx.Err()
	}
	if x.steps == x.budget {
		return false, errPatience
	}
	changed := x.changed
	eager := x.placeReads()
	if x.todo < x.fewest {
		x.fewest, x.stuck = x.todo, slices.Clone(x.next)
	}
	if x.todo == 0 {
		return true, nil
	}
	key := x.key()
	if !x.known(key) {
		for _, s := range x.candidates() {
			c := &x.sessions[s][x.next[s]]
			was := x.states[c.key]
			for _, after := range x.m.Step(nil, was, c.in, c.out) {
				x.move(s, 1)
				x.states[c.key], x.changed = after, c.key
				if !x.late(c.key) {
					found, err := x.find()
					if found || err != nil {
						return found, err
					}
				}
				x.states[c.key] = was
				x.move(s, -1)
			}
		}
		if x.size += len(key) + 64*len(x.states) + 64 + x.sizeOf(x.states[changed]); x.size > memoryOf(x.ctx) {
			return false, errMemory
		}
		x.dead[key] = append(x.dead[key], slices.Clone(x.states))
	}
	for n := len(eager) - 1; n >= 0; n-- {
		x.move(eager[n], -1)
	}
	return false, nil
}

// move places the next call of a session, or takes the last one back.
func (x *explorer[S, In, Out]) move(s, by int) {
	at := min(x.next[s], x.next[s]+by)
	if !x.sessions[s][at].pending {
		x.todo -= by
	}
	x.next[s] += by
}

// placeReads places every call that changes nothing and is legal.
func (x *explorer[S, In, Out]) placeReads() (placed []int) {
	for more := true; more; {
		more = false
		for s, calls := range x.sessions {
			for x.next[s] < len(calls) {
				c := &calls[x.next[s]]
				if c.updates || len(x.m.Step(nil, x.states[c.key], c.in, c.out)) == 0 {
					break
				}
				x.move(s, 1)
				placed, more = append(placed, s), true
			}
		}
	}
	return placed
}

// late says that some call of the key has come too late.
func (x *explorer[S, In, Out]) late(key int) bool {
	return x.passed != nil && slices.ContainsFunc(x.reads[key], func(p place) bool {
		c := &x.sessions[p.session][p.at]
		return p.at >= x.next[p.session] && x.passed(x.states[key], c.in, c.out)
	})
}

// candidates are the sessions that have a call left, the call first that was invoked first.
func (x *explorer[S, In, Out]) candidates() []int {
	var sessions []int
	due := x.due()
	for s, calls := range x.sessions {
		if x.next[s] < len(calls) && calls[x.next[s]].begin < due {
			sessions = append(sessions, s)
		}
	}
	slices.SortFunc(sessions, func(a, b int) int {
		return x.sessions[a][x.next[a]].begin - x.sessions[b][x.next[b]].begin
	})
	return sessions
}

// due is when the first of the updates ended that are not placed: in haste, none that began later
// comes before it.
func (x *explorer[S, In, Out]) due() int {
	due := never
	for s := 0; x.prompt && s < len(x.sessions); s++ {
		for _, c := range x.sessions[s][x.next[s]:] {
			if c.updates {
				due = min(due, c.end)
				break
			}
		}
	}
	return due
}

func (x *explorer[S, In, Out]) key() string {
	var b []byte
	for _, n := range x.next {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, s := range x.states {
		b = binary.LittleEndian.AppendUint64(b, x.m.Hash(s))
	}
	return string(b)
}

// known says whether the present configuration has failed before.
func (x *explorer[S, In, Out]) known(key string) bool {
	return slices.ContainsFunc(x.dead[key], func(states []S) bool {
		return slices.EqualFunc(states, x.states, x.m.Equal)
	})
}
