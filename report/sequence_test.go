package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// Who said what to whom is drawn in order: calls, messages with their fate, what befell a node; nothing after the violation.
func TestTheSequenceOfMessages(t *testing.T) {
	ms := time.Millisecond
	h, err := history.New([]history.Op{
		{Time: ms, Process: 0, Kind: history.Invoke, F: "write", Key: "k", Value: []byte("7"), Node: "n1"},
		{Time: 4 * ms, Process: 0, Kind: history.Ok, F: "write", Key: "k", Value: []byte("7"), Node: "n1"},
		{Time: 9 * ms, Process: 0, Kind: history.Invoke, F: "read", Key: "k", Value: []byte("null"), Node: "n2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Run{Name: "x", Nodes: []history.NodeID{"n1", "n2"}, History: h,
		Result: checker.Result{Verdict: checker.Invalid, Evidence: []checker.Evidence{{Kind: "stale-read", Summary: "s", Ops: []int{0}}}},
		Exchanges: []report.Exchange{
			{At: 2 * ms, From: "n1", To: "n2", Arrived: 3 * ms, Text: "append <7>"},
			{At: 3 * ms, From: "n2", To: "n1", Lost: "cut", Text: "ack"},
			{At: 3 * ms, From: "n2", Text: "crashed"},
			{At: 6 * ms, From: "n1", To: "n2", Text: "too late to matter"},
		}}
	var page bytes.Buffer
	if err := report.HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	_, drawn, ok := strings.Cut(page.String(), `id="sequence"`)
	drawn, _, _ = strings.Cut(drawn, "</section>")
	if !ok {
		t.Fatal("there is no sequence")
	}
	at := -1
	for _, want := range []string{">p0<", ">n1<", ">n2<", ">write 7<", "append &lt;7&gt;, on the way for 1ms<", "ack: cut<", "✕", ">crashed<", ">ok: write 7<"} {
		next := strings.Index(drawn, want)
		if next <= at {
			t.Errorf("%q is not there, or not in its place", want)
		}
		at = max(at, next)
	}
	if strings.Contains(drawn, "too late") || strings.Contains(drawn, ">read") {
		t.Error("what came after the violation is drawn")
	}
	r.Exchanges = nil
	page.Reset()
	if err := report.HTML(&page, r); err != nil || strings.Contains(page.String(), `id="sequence"`) {
		t.Errorf("without messages there is a sequence (%v)", err)
	}
}
