package splitvotetest

import (
	"context"
	"encoding/json"
	"fmt"
)

// Register is a Client of registers by key, each a number that is 0 before any write. Writes are
// of numbers from 1 on. Without CAS it serves the workload read-write, with it register too.
type Register struct {
	Read  func(ctx context.Context, key string) (int, error)
	Write func(ctx context.Context, key string, value int) error
	// CAS replaces old by new, and reports false if it found another value.
	CAS func(ctx context.Context, key string, old, new int) (bool, error)
}

// Calls are those whose functions are set.
func (r Register) Calls() []string {
	return set(call{"read", r.Read != nil}, call{"write", r.Write != nil}, call{"cas", r.CAS != nil})
}

// Invoke makes a call by its function.
func (r Register) Invoke(ctx context.Context, op Op) (any, error) {
	switch op.F {
	case "read":
		v, err := r.Read(ctx, op.Key)
		return number(v), err
	case "write":
		v, err := argument[int](op)
		if err != nil {
			return nil, err
		}
		return nil, r.Write(ctx, op.Key, v)
	case "cas":
		change, err := argument[[2]*int](op)
		if err != nil {
			return nil, err
		}
		before, after := value(change[0]), value(change[1])
		did, err := r.CAS(ctx, op.Key, before, after)
		if did || err != nil {
			return nil, err
		}
		return []any{change[0], change[1], false}, nil
	}
	return nil, unknown(op)
}

// number is what a register holds: null before any write.
func number(v int) any {
	if v == 0 {
		return json.RawMessage("null")
	}
	return v
}

func value(v *int) int {
	if v == nil {
		return 0
	}
	return *v
}

// List is a Client of lists by key, for the workload append.
type List struct {
	Append func(ctx context.Context, key string, element int) error
	Read   func(ctx context.Context, key string) ([]int, error)
}

// Calls are those whose functions are set.
func (l List) Calls() []string {
	return set(call{"append", l.Append != nil}, call{"read", l.Read != nil})
}

// Invoke makes a call by its function.
func (l List) Invoke(ctx context.Context, op Op) (any, error) {
	if op.F == "read" {
		return l.Read(ctx, op.Key)
	}
	return change(ctx, op, "append", l.Append)
}

// Set is a Client of sets by key, for the workload set, and with Remove for removal too.
type Set struct {
	Add    func(ctx context.Context, key string, element int) error
	Remove func(ctx context.Context, key string, element int) error
	Read   func(ctx context.Context, key string) ([]int, error)
}

// Calls are those whose functions are set.
func (s Set) Calls() []string {
	return set(call{"add", s.Add != nil}, call{"remove", s.Remove != nil}, call{"read", s.Read != nil})
}

// Invoke makes a call by its function.
func (s Set) Invoke(ctx context.Context, op Op) (any, error) {
	switch op.F {
	case "read":
		return s.Read(ctx, op.Key)
	case "remove":
		return change(ctx, op, "remove", s.Remove)
	}
	return change(ctx, op, "add", s.Add)
}

// Counter is a Client of counters by key, for the workload counter.
type Counter struct {
	Add  func(ctx context.Context, key string, amount int) error
	Read func(ctx context.Context, key string) (int, error)
}

// Calls are those whose functions are set.
func (c Counter) Calls() []string { return set(call{"add", c.Add != nil}, call{"read", c.Read != nil}) }

// Invoke makes a call by its function.
func (c Counter) Invoke(ctx context.Context, op Op) (any, error) {
	if op.F == "read" {
		return c.Read(ctx, op.Key)
	}
	return change(ctx, op, "add", c.Add)
}

// change makes a call that returns nothing.
func change(ctx context.Context, op Op, f string, do func(context.Context, string, int) error) (any, error) {
	if op.F != f || do == nil {
		return nil, unknown(op)
	}
	v, err := argument[int](op)
	if err != nil {
		return nil, err
	}
	return nil, do(ctx, op.Key, v)
}

func argument[V any](op Op) (v V, err error) {
	if err := json.Unmarshal(op.Value, &v); err != nil {
		return v, Failed(fmt.Errorf("%s: argument %s: %w", op.F, op.Value, err))
	}
	return v, nil
}

func unknown(op Op) error { return Failed(fmt.Errorf("this client does not know the call %s", op.F)) }

type call struct {
	f   string
	set bool
}

func set(calls ...call) (names []string) {
	for _, c := range calls {
		if c.set {
			names = append(names, c.f)
		}
	}
	return names
}
