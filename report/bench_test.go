package report_test

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// BenchmarkHTML draws a million calls with a violation.
func BenchmarkHTML(b *testing.B) {
	const calls = 1_000_000
	ops := make([]history.Op, 0, 2*calls)
	for i := range calls {
		at := time.Duration(i) * time.Millisecond
		op := history.Op{Time: at, Process: history.Process(i % 20), F: "write", Value: json.RawMessage(fmt.Sprint(i)),
			Node: "n1"}
		done := op
		done.Kind, done.Time = history.Ok, at+time.Duration(i%900)*time.Microsecond
		ops = append(ops, op, done)
	}
	h, err := history.New(ops)
	if err != nil {
		b.Fatal(err)
	}
	run := &report.Run{History: h, Result: checker.Result{Verdict: checker.Invalid,
		Evidence: []checker.Evidence{{Summary: "it is wrong", Ops: []int{1_000_000, 1_000_002}}}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := report.HTML(io.Discard, run); err != nil {
			b.Fatal(err)
		}
	}
}
