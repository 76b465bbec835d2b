package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// Who said what to whom is drawn in order: calls, messages with their fate, what befell a node;
// nothing after the violation.
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
		Result: checker.Result{Verdict: checker.Invalid,
			Evidence: []checker.Evidence{{Kind: "stale-read", Summary: "s", Ops: []int{0}}}},
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
	for _, want := range []string{">p0<", ">n1<", ">n2<", ">✕ write 7<", "append &lt;7&gt;, on the way for 1ms<",
		"ack: cut<", `class="cross"`, ">crashed<", ">✕ ok: write 7<"} {
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

// Heartbeats that say nothing new are one line; a client that is sent elsewhere is seen to ask
// again.
func TestTheSequenceFoldsAndRedirects(t *testing.T) {
	ms := time.Millisecond
	h, err := history.New([]history.Op{
		{Time: ms, Process: 4, Kind: history.Invoke, F: "write", Key: "k", Value: []byte("7"), Node: "n2"},
		{Time: 90 * ms, Process: 4, Kind: history.Ok, F: "write", Key: "k", Value: []byte("7"), Node: "n1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Run{Name: "x", Nodes: []history.NodeID{"n1", "n2"}, History: h, Exchanges: []report.Exchange{
		{At: 2 * ms, From: "n2", To: "p4", Arrived: 2 * ms, Client: true, Text: "n1 leads"},
		{At: 3 * ms, From: "p4", To: "n1", Arrived: 3 * ms, Client: true, Text: "asks again"},
	}}
	for i := range 6 {
		at := time.Duration(10+10*i) * ms
		r.Exchanges = append(r.Exchanges,
			report.Exchange{At: at, From: "n1", To: "n2", Arrived: at + ms,
				Text: fmt.Sprintf("heartbeat term=1 round=%d", i)},
			report.Exchange{At: at + 2*ms, From: "n2", To: "n1", Arrived: at + 3*ms,
				Text: fmt.Sprintf("alive term=1 round=%d", i)})
	}
	html := page(t, r)
	_, drawn, _ := strings.Cut(html, `id="sequence"`)
	drawn, _, _ = strings.Cut(drawn, "</section>")
	if n := strings.Count(drawn, `<g class="message">`); n != 2 {
		t.Errorf("%d messages are drawn, want the first heartbeat and its answer", n)
	}
	for _, want := range []string{"⋮ 10 messages that repeat the ones before", ">n1 leads<", ">asks again<"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("the diagram does not say %q", want)
		}
	}
}
