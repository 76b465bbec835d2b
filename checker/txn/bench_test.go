package txn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// strict is a strictly serializable history of n transactions of 20 sessions, of four
// micro-operations each on ten keys at a time that take 128 writes before they are replaced, one in
// a hundred transactions with unknown outcome.
func strict(n int, register bool) *history.History {
	const sessions, active, writes = 20, 10, 128
	r := rand.New(rand.NewPCG(uint64(n), 1))
	type slot struct {
		key     int
		written []byte // elements
		count   int
		last    int
	}
	slots := make([]slot, active)
	for i := range slots {
		slots[i].key = i
	}
	nextKey, process := active, sessions
	type call struct{ process, invoke int }
	open := make([]call, 0, sessions)
	free := make([]int, sessions)
	for i := range free {
		free[i] = i
	}
	ops := make([]history.Op, 0, 2*n)
	f := "append"
	if register {
		f = "w"
	}
	for begun := 0; begun < n || len(open) > 0; {
		if begun < n && len(free) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(free))
			p := free[i]
			free = append(free[:i], free[i+1:]...)
			open = append(open, call{p, len(ops)})
			ops = append(ops, history.Op{Process: history.Process(p), F: "txn"})
			begun++
			continue
		}
		if len(open) == 0 {
			continue
		}
		i := r.IntN(len(open))
		p, invoke := open[i].process, open[i].invoke
		open = append(open[:i], open[i+1:]...)
		text := []byte{'['}
		for j := range 4 {
			if j > 0 {
				text = append(text, ',')
			}
			s := &slots[r.IntN(active)]
			if r.IntN(2) == 0 {
				s.count++
				s.last = s.count
				text = fmt.Appendf(text, `["%s",%d,%d]`, f, s.key, s.count)
				if len(s.written) > 0 {
					s.written = append(s.written, ',')
				}
				s.written = strconv.AppendInt(s.written, int64(s.count), 10)
				if s.count == writes {
					*s = slot{key: nextKey}
					nextKey++
				}
				continue
			}
			switch {
			case !register:
				text = fmt.Appendf(text, `["r",%d,[%s]]`, s.key, s.written)
			case s.last == 0:
				text = fmt.Appendf(text, `["r",%d,null]`, s.key)
			default:
				text = fmt.Appendf(text, `["r",%d,%d]`, s.key, s.last)
			}
		}
		text = append(text, ']')
		ops[invoke].Value = text // it takes effect as it ends
		done := history.Op{Process: history.Process(p), F: "txn", Kind: history.Ok, Value: text}
		if r.IntN(100) == 0 {
			done.Kind = history.Info
			process++
			p = process
		}
		free = append(free, p)
		ops = append(ops, done)
	}
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

func BenchmarkCheck(b *testing.B) {
	for _, model := range []string{txn.ListAppend, txn.RWRegister} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", model, n), func(b *testing.B) {
				h := strict(n, model == txn.RWRegister)
				c, err := txn.New(model, txn.Strictest)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if r := c.Check(context.Background(), h); r.Verdict != checker.Valid {
						b.Fatal(r.Reason)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/txn")
			})
		}
	}
}
