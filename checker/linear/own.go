package linear

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// Type is a type of one's own, judged by the calls that a program has in memory. Only Init and Step
// are needed; TypeOf makes them of a function. The functions must be pure, and may be called from
// several goroutines at once.
type Type[S, In, Out any] struct {
	Init S // the state of an object before any call
	// Step lists every state in which the object may be after the call returned *out in state s:
	// none if it cannot return that, several if the object is free to choose. A nil out is a result
	// that nobody saw. A Step that takes long returns early when ctx is done.
	Step func(ctx context.Context, s S, in In, out *Out) []S
	// Key names the object that a call is on: each key is an object of its own. nil is one object.
	Key func(in In) string
	// ReadOnly says whether a call changes nothing wherever its result is possible. nil is never.
	ReadOnly func(in In, out *Out) bool
	// Describe puts a call in words for the evidence; out is nil if it is unknown. nil prints "in
	// → out".
	Describe func(in In, out *Out) string
	// Equal and Hash compare states; equal states have equal hashes. Nil is == and a hash by it,
	// which needs states that == compares.
	Equal func(a, b S) bool
	Hash  func(s S) uint64
}

// TypeOf is a type whose objects are deterministic: apply is what one correct copy does.
func TypeOf[S, In any, Out comparable](init S, apply func(s S, in In) (S, Out)) Type[S, In, Out] {
	return Type[S, In, Out]{Init: init, Step: func(_ context.Context, s S, in In, out *Out) []S {
		after, returned := apply(s, in)
		if out != nil && *out != returned {
			return nil
		}
		return []S{after}
	}}
}

// Call is a call of a client: it took effect at some time from Begin to End, both included. A
// Pending one has no known result and no End: it took effect at some time from Begin on, or never.
type Call[In, Out any] struct {
	Client     int
	In         In
	Out        Out
	Begin, End int64
	Pending    bool
}

// Judgement is what Type.Check finds. Evidence names calls by their position in calls; Holds lists
// weaker levels that an invalid history still satisfies.
type Judgement[S any] struct {
	checker.Result
	Objects []ObjectJudgement[S] // in order of the first call of each
}

// ObjectJudgement is the longest linearizable prefix of the calls on one object: all of them if the
// object is linearizable, else those that began before the first End that no order explains.
type ObjectJudgement[S any] struct {
	Key    string
	Order  []int // an order that explains the prefix, as positions in calls; nil if none was found in time
	States []S   // every state in which the object may be behind the prefix; nil if they were too many
}

// grace is how long a check may take to end by itself once its context is done.
const grace = 100 * time.Millisecond

// Check judges calls. It returns soon after ctx is done or opts.Timeout has passed, even if Step
// does not return: then the goroutine that waits for Step is left behind.
func (t Type[S, In, Out]) Check(ctx context.Context, calls []Call[In, Out], opts Options) Judgement[S] {
	if opts.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.Timeout)
		defer cancel()
		opts.Timeout = 0
	}
	start := time.Now()
	done := make(chan Judgement[S], 1)
	go func() { done <- t.check(ctx, calls, opts) }()
	select {
	case j := <-done:
		return j
	case <-ctx.Done():
	}
	select {
	case j := <-done:
		return j
	case <-time.After(grace):
		o := interrupted(ctx)
		return Judgement[S]{Result: checker.Result{Checker: name, Verdict: o.verdict, Cause: o.cause,
			Took: time.Since(start), Reason: o.reason + ", and Step had not returned"}}
	}
}

func (t Type[S, In, Out]) check(ctx context.Context, calls []Call[In, Out], opts Options) (j Judgement[S]) {
	m := own[S, In, Out]{t, ctx, calls}
	j.Result = judgeObjects(ctx, m, opts, func() ([]object[In, Out], error) { return m.objects() }, nil)
	if j.Verdict == checker.Unknown {
		return j
	}
	defer func() {
		if p := recover(); p != nil {
			j.Objects = nil // the verdict does not depend on them (L5)
		}
	}()
	if j.Verdict == checker.Invalid {
		if h, err := m.history(); err == nil {
			weak.AddGradeOf(ctx, &j.Result, m, h)
		}
	}
	opts, _ = opts.complete()
	objects, _ := m.objects()
	for _, o := range objects {
		order, states := longest(ctx, m, o.calls, opts.Memory)
		j.Objects = append(j.Objects, ObjectJudgement[S]{o.key, order, states})
	}
	return j
}

// own is a Type as a model. Its calls are read by their position.
type own[S, In, Out any] struct {
	t     Type[S, In, Out]
	ctx   context.Context
	calls []Call[In, Out]
}

func (own[S, In, Out]) Name() string { return "a type of one's own" }
func (m own[S, In, Out]) Init() S    { return m.t.Init }

func (m own[S, In, Out]) Call(invocation, _ *history.Op) (in In, out Out, err error) {
	c := m.calls[binary.LittleEndian.Uint32(invocation.Value)]
	return c.In, c.Out, nil
}

func (m own[S, In, Out]) Step(next []S, s S, in In, out *Out) []S {
	return append(next, m.t.Step(m.ctx, s, in, out)...)
}

func (m own[S, In, Out]) Equal(a, b S) bool {
	if m.t.Equal != nil {
		return m.t.Equal(a, b)
	}
	return any(a) == any(b)
}

func (m own[S, In, Out]) Hash(s S) uint64 {
	switch {
	case m.t.Hash != nil:
		return m.t.Hash(s)
	case m.t.Equal != nil:
		return 0 // equal states must have equal hashes
	}
	return maphash.Comparable(fingerprintSeed, any(s))
}

func (m own[S, In, Out]) Describe(in In, out *Out) string {
	switch {
	case m.t.Describe != nil:
		return m.t.Describe(in, out)
	case out == nil:
		return fmt.Sprintf("%v → ?", in)
	}
	return fmt.Sprintf("%v → %v", in, *out)
}

func (m own[S, In, Out]) ReadOnly(in In, out *Out) bool {
	return m.t.ReadOnly != nil && m.t.ReadOnly(in, out)
}

// instants lists the begins and ends of calls in order, begins before ends where times tie.
func (m own[S, In, Out]) instants() ([]instant, error) {
	if m.t.Step == nil {
		return nil, errors.New("a type needs Step")
	}
	if m.t.Equal == nil && !reflect.TypeFor[S]().Comparable() {
		return nil, fmt.Errorf("a type whose states are %v needs Equal, as == does not compare them",
			reflect.TypeFor[S]())
	}
	var instants []instant
	for i, c := range m.calls {
		instants = append(instants, instant{c.Begin, false, i})
		if c.Pending {
			continue
		}
		if c.End < c.Begin {
			return nil, fmt.Errorf("call %d ends at %d, before it begins at %d", i, c.End, c.Begin)
		}
		instants = append(instants, instant{c.End, true, i})
	}
	slices.SortStableFunc(instants, func(a, b instant) int {
		switch {
		case a.time != b.time || a.ends == b.ends:
			return cmp.Compare(a.time, b.time)
		case a.ends:
			return 1
		}
		return -1
	})
	return instants, nil
}

// instant is the begin or the end of a call.
type instant struct {
	time int64
	ends bool
	call int
}

func (m own[S, In, Out]) objects() ([]object[In, Out], error) {
	instants, err := m.instants()
	if err != nil {
		return nil, err
	}
	at := make([]int, len(m.calls)) // by call: its end
	for i := range at {
		at[i] = never
	}
	for position, i := range instants {
		if i.ends {
			at[i.call] = position
		}
	}
	var objects []object[In, Out]
	known := map[string]int{}
	for position, i := range instants {
		if i.ends {
			continue
		}
		c, key := &m.calls[i.call], ""
		if m.t.Key != nil {
			key = m.t.Key(c.In)
		}
		o, seen := known[key]
		if !seen {
			o = len(objects)
			known[key], objects = o, append(objects, object[In, Out]{key: key, scale: 1})
		}
		objects[o].calls = append(objects[o].calls,
			call[In, Out]{in: c.In, out: c.Out, begin: position, end: at[i.call], op: i.call})
	}
	return objects, nil
}

// history is the calls as events whose values are positions of calls. A client whose calls overlap
// is several, one after a call with unknown outcome another.
func (m own[S, In, Out]) history() (*history.History, error) {
	instants, err := m.instants()
	if err != nil {
		return nil, err
	}
	var ops []history.Op
	busy := map[history.Process]bool{}
	process := make([]history.Process, len(m.calls))
	for at, i := range instants {
		value := binary.LittleEndian.AppendUint32(nil, uint32(i.call))
		op := history.Op{Index: at, Time: time.Duration(at), Kind: history.Ok, Value: value}
		if m.t.Key != nil {
			op.Key = m.t.Key(m.calls[i.call].In)
		}
		if !i.ends {
			op.Kind = history.Invoke
			process[i.call] = history.Process(m.calls[i.call].Client)
			if op.Process = process[i.call]; op.Process < 0 || busy[op.Process] {
				return nil, errors.New("sessions are not known: calls of a client overlap, or its number is negative")
			}
		}
		op.Process = process[i.call]
		busy[op.Process] = !i.ends
		ops = append(ops, op)
	}
	return history.New(ops)
}
