package linear_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// cell is one row of the table of performance: a kind of history and who judges it.
type cell struct {
	model   string
	clients int
	keys    int
	calls   int
	pending float64
	invalid bool
	domain  int
	engine  linear.Engine
}

func (c cell) String() string {
	verdict := "valid"
	if c.invalid {
		verdict = "invalid"
	}
	values := "unique"
	if c.domain > 0 {
		values = fmt.Sprintf("%d-values", c.domain)
	}
	return fmt.Sprintf("%s/clients=%d/keys=%d/calls=%.0e/pending=%.0f%%/%s/%s/%s", c.model, c.clients, max(1, c.keys),
		float64(c.calls), 100*c.pending, values, verdict, c.engine)
}

// history makes the cell's history: correct copies under saturated clients. An invalid one has a
// single stale answer, in the middle.
func (c cell) history(newObject func() object) *history.History {
	s := shape{processes: c.clients, calls: c.calls, keys: c.keys, pending: c.pending, domain: c.domain}
	h := randomHistory(rand.New(rand.NewPCG(7, 7)), s, newObject)
	if !c.invalid {
		return h
	}
	ops := h.Ops
	for i := len(ops) / 2; i < len(ops); i++ {
		if ops[i].Kind != history.Ok || !returns[ops[i].F] {
			continue
		}
		for j := i / 2; j < i; j++ {
			if ops[j].Kind == history.Ok && ops[j].F == ops[i].F && ops[j].Key == ops[i].Key &&
				string(ops[j].Value) != string(ops[i].Value) {
				ops[i].Value = ops[j].Value
				h, err := history.New(ops)
				if err != nil {
					panic(err)
				}
				return h
			}
		}
	}
	panic("no answer to falsify")
}

// BenchmarkCheck judges the histories of the table of performance. SPLITVOTE_BENCH is the most
// calls of a history, 1e5 if not set. Histories that an engine does not decide within a minute or 8
// GiB are reported as undecided.
func BenchmarkCheck(b *testing.B) {
	most := 100_000
	if n, err := strconv.ParseFloat(os.Getenv("SPLITVOTE_BENCH"), 64); err == nil {
		most = int(n)
	}
	var cells []cell
	add := func(c cell, sizes ...int) {
		for _, n := range sizes {
			for _, c.invalid = range []bool{false, true} {
				if c.invalid && c.domain > 0 {
					continue // a stale answer may well be right when values repeat
				}
				c.calls = n
				cells = append(cells, c)
			}
		}
	}
	all := []int{1_000, 10_000, 100_000, 1_000_000}
	for _, engine := range []linear.Engine{linear.Auto, linear.Search, linear.Porcupine} {
		sizes := all
		if engine == linear.Porcupine {
			sizes = all[:3]
		}
		if engine != linear.Search {
			add(cell{model: "register", clients: 20, engine: engine}, sizes...)
			add(cell{model: "register", clients: 20, pending: 0.05, engine: engine}, sizes...)
			add(cell{model: "cas-register", clients: 20, engine: engine}, sizes...)
			add(cell{model: "fifo-queue", clients: 5, engine: engine}, sizes...)
			add(cell{model: "append-list", clients: 20, keys: 100, pending: 0.05, engine: engine}, all[1:3]...)
			add(cell{model: "kv", clients: 20, keys: 10, engine: engine}, all[1:3]...)
			add(cell{model: "kv", clients: 20, keys: 10, pending: 0.05, engine: engine}, all[1:3]...)
		}
		add(cell{model: "register", clients: 5, engine: engine}, sizes...)
		add(cell{model: "register", clients: 5, domain: 5, engine: engine}, sizes...)
		add(cell{model: "register", clients: 20, keys: 100, engine: engine}, sizes...)
		add(cell{model: "stack", clients: 5, engine: engine}, all[:2]...)
		add(cell{model: "counter", clients: 5, engine: engine}, sizes...)
	}
	for _, c := range cells {
		if c.calls > most {
			continue
		}
		b.Run(c.String(), func(b *testing.B) { c.run(b) })
	}
}

func (c cell) run(b *testing.B) {
	for _, s := range subjects() {
		if s.name != c.model {
			continue
		}
		h := c.history(s.copy)
		judge, err := linear.New(c.model, linear.Options{Engine: c.engine, Timeout: time.Minute, Memory: 8 << 30})
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for b.Loop() {
			got := judge.Check(context.Background(), h)
			switch want := map[bool]checker.Verdict{false: checker.Valid, true: checker.Invalid}[c.invalid]; {
			case got.Verdict == checker.Unknown:
				b.ReportMetric(1, "undecided")
			case got.Verdict != want:
				b.Fatalf("%v by %s (%s), want %v", got.Verdict, got.Method, got.Reason, want)
			}
		}
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MB/op")
		b.ReportMetric(float64(c.calls)*float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		return // of the model's kinds of objects, the first
	}
}
