package weak_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// replicated is a history of registers with a replica a process: a write reaches the others later,
// in the order of all writes; a writer has seen all earlier writes. That is
// sequentially consistent.
func replicated(r *rand.Rand, processes, keys, calls int) *history.History {
	type write struct{ key, value int }
	var log []write
	applied := make([]int, processes)
	state := make([]map[int]int, processes)
	for i := range state {
		state[i] = map[int]int{}
	}
	var ops []history.Op
	for n := range calls {
		p, key := r.IntN(processes), r.IntN(keys)
		op := history.Op{Time: time.Duration(n), Process: history.Process(p), F: "read", Key: string(rune('a' + key))}
		done := op
		done.Kind = history.Ok
		if r.IntN(2) == 0 {
			log = append(log, write{key, n + 1})
			op.F, op.Value = "write", raw(n+1)
			done.F, done.Value = "write", raw(n+1)
		}
		to := applied[p] + r.IntN(len(log)-applied[p]+1)
		if op.F == "write" {
			to = len(log)
		}
		for _, w := range log[applied[p]:to] {
			state[p][w.key] = w.value
		}
		applied[p] = to
		if op.F == "read" {
			done.Value = raw(value(state[p][key]))
		}
		ops = append(ops, op, done)
	}
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

// What each level costs on 20 processes, 10 keys and 20,000 calls that are sequentially consistent
// and not linearizable.
func BenchmarkLevels(b *testing.B) {
	h := replicated(rand.New(rand.NewPCG(1, 2)), 20, 10, 20000)
	for _, level := range weak.All() {
		c, err := weak.New(level, "register")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(level, func(b *testing.B) {
			for b.Loop() {
				if r := c.Check(context.Background(), h); r.Verdict == checker.Unknown && level != weak.Eventual {
					b.Fatalf("%v: %s", r.Verdict, r.Reason)
				}
			}
		})
	}
}

// What it costs to refute every level and to find the smallest witness, where one replica in a
// thousand calls goes back.
func BenchmarkGradingInvalid(b *testing.B) {
	h := replicated(rand.New(rand.NewPCG(1, 2)), 20, 10, 20000)
	ops := append([]history.Op(nil), h.Ops...)
	for n := 1001; n < len(ops); n += 2000 {
		for i := n; i < n+100; i++ {
			if ops[i].Kind == history.Ok && ops[i].F == "read" {
				ops[i].Value = raw(nil)
			}
		}
	}
	h, err := history.New(ops)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		g, err := weak.Strongest(context.Background(), "register", h)
		if err != nil || len(g.Undecided) > 0 {
			b.Fatal(g, err)
		}
	}
}
