package linear_test

import (
	"context"
	"fmt"

	"github.com/splitvote/splitvote/checker/linear"
)

// A counter that returns what it held before. The last call began after both others had ended.
func ExampleTypeOf() {
	counter := linear.TypeOf(0, func(held, n int) (int, int) { return held + n, held })
	calls := []linear.Call[int, int]{
		{Client: 0, In: 1, Out: 2, Begin: 0, End: 10},
		{Client: 1, In: 2, Out: 0, Begin: 5, End: 15},
		{Client: 2, In: 0, Out: 2, Begin: 20, End: 30},
	}
	judged := counter.Check(context.Background(), calls, linear.Options{})
	fmt.Println(judged.Verdict, "still holds:", judged.Holds)
	fmt.Println(judged.Evidence[0].Why[0].Text)
	// Output:
	// invalid still holds: [sequential]
	// #2 (0 → 2) is impossible: no order of these 3 calls allows it
}

// A pool hands out any item that is free: several states may follow a call. Every room has a pool
// of its own.
func ExampleType() {
	type ask struct {
		room string
		give bool // back
	}
	pool := linear.Type[int, ask, int]{ // the state is a set of items in use, as bits
		Step: func(_ context.Context, used int, in ask, item *int) (after []int) {
			for i := range 3 {
				if in.give == (used&(1<<i) != 0) && (item == nil || *item == i) {
					after = append(after, used^1<<i)
				}
			}
			return after
		},
		Key: func(in ask) string { return in.room },
		Describe: func(in ask, item *int) string {
			if item == nil {
				return "take → ?"
			}
			return fmt.Sprint("take → ", *item)
		},
	}
	calls := []linear.Call[ask, int]{
		{Client: 0, In: ask{room: "blue"}, Begin: 0, Pending: true},
		{Client: 1, In: ask{room: "blue"}, Out: 1, Begin: 1, End: 2},
		{Client: 1, In: ask{room: "red"}, Out: 2, Begin: 3, End: 4},
		{Client: 2, In: ask{room: "red"}, Out: 2, Begin: 5, End: 6},
	}
	judged := pool.Check(context.Background(), calls, linear.Options{})
	fmt.Println(judged.Verdict, judged.Evidence[0].Key, "-", judged.Evidence[0].Why[0].Text)
	for _, o := range judged.Objects {
		fmt.Println(o.Key, "is linearizable for", o.Order, "and may be in", o.States)
	}
	// Output:
	// invalid red - #3 (take → 2) is impossible: no order of these 2 calls allows it
	// blue is linearizable for [1] and may be in [2 3 6]
	// red is linearizable for [2] and may be in [4 5 6]
}
