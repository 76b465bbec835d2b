package linear

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// CheckPorcupine judges operations against a model written for Porcupine, unchanged: any Step, with
// states of any kind, also one made by NondeterministicModel.ToModel. As in Porcupine an operation
// takes effect at some time from its Call to its Return, both included. Evidence names operations
// by their position in operations. A model with a Hash is searched faster. The model's functions
// must be pure, and may be called from several goroutines at once.
func CheckPorcupine(ctx context.Context, m porcupine.Model, operations []porcupine.Operation,
	opts Options) checker.Result {
	f := foreign{m, ctx}
	return judgeObjects(ctx, f, opts, func() ([]object[any, any], error) { return f.objects(operations) }, nil)
}

// foreign is a model written for Porcupine.
type foreign struct {
	m   porcupine.Model
	ctx context.Context
}

// objects gives every Call and Return a position, calls before returns where times tie, and divides
// operations as the model does.
func (f foreign) objects(operations []porcupine.Operation) ([]object[any, any], error) {
	if f.m.Init == nil || f.m.Step == nil && f.m.StepContext == nil {
		return nil, errors.New("a model needs Init, and Step or StepContext")
	}
	partitions := [][]porcupine.Operation{operations}
	names := func(int) string { return "" }
	if f.m.Partition != nil {
		partitions = f.m.Partition(operations)
		names = func(i int) string { return fmt.Sprintf("partition %d", i+1) }
	}
	objects := make([]object[any, any], len(partitions))
	for i, partition := range partitions {
		objects[i] = object[any, any]{key: names(i), calls: callsOf(partition)}
	}
	return objects, nil
}

func callsOf(operations []porcupine.Operation) []call[any, any] {
	type instant struct {
		time      int64
		ends      bool
		operation int
	}
	instants := make([]instant, 0, 2*len(operations))
	calls := make([]call[any, any], len(operations))
	for i, o := range operations {
		instants = append(instants, instant{o.Call, false, i}, instant{o.Return, true, i})
		calls[i] = call[any, any]{in: o.Input, out: o.Output, op: i}
	}
	slices.SortStableFunc(instants, func(a, b instant) int {
		if a.time == b.time && a.ends != b.ends {
			if b.ends {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.time, b.time)
	})
	for position, at := range instants {
		if at.ends {
			calls[at.operation].end = position
		} else {
			calls[at.operation].begin = position
		}
	}
	slices.SortFunc(calls, func(a, b call[any, any]) int { return cmp.Compare(a.begin, b.begin) })
	return calls
}

func (foreign) Name() string { return "porcupine model" }

func (foreign) Call(*history.Op, *history.Op) (any, any, error) {
	return nil, nil, errors.New("a model written for Porcupine reads no events")
}

func (f foreign) Init() any { return f.m.Init() }

func (f foreign) Step(next []any, s, in any, out *any) []any {
	var result any
	if out != nil {
		result = *out
	}
	var ok bool
	var after any
	if f.m.StepContext != nil {
		ok, after = f.m.StepContext(f.ctx, s, in, result)
	} else {
		ok, after = f.m.Step(s, in, result)
	}
	if !ok {
		return next
	}
	return append(next, after)
}

func (f foreign) Equal(a, b any) bool {
	if f.m.Equal == nil {
		return a == b
	}
	return f.m.Equal(a, b)
}

func (f foreign) Hash(s any) uint64 {
	if f.m.Hash == nil {
		return 0
	}
	return f.m.Hash(s)
}

// fingerprint tells states apart for a descent, which may tell apart what is equal. A Hash need
// not: the usual one of a set of states is the sum of theirs.
func (f foreign) fingerprint(s any) uint64 {
	if f.m.Equal == nil && reflect.ValueOf(s).Comparable() {
		return maphash.Comparable(fingerprintSeed, s)
	}
	var h maphash.Hash
	h.SetSeed(fingerprintSeed)
	fmt.Fprintf(&h, "%v", s)
	return h.Sum64()
}

var fingerprintSeed = maphash.MakeSeed()

func (f foreign) Describe(in any, out *any) string {
	var result any
	if out != nil {
		result = *out
	}
	if f.m.DescribeOperation == nil {
		return fmt.Sprintf("%v → %v", in, result)
	}
	return f.m.DescribeOperation(in, result)
}

// ReadOnly is not known of any operation.
func (foreign) ReadOnly(any, *any) bool { return false }
