package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// skew is a write skew: two transactions, each of which read what the other was about to write.
func skew(t *testing.T) *report.Run {
	t.Helper()
	ms := time.Millisecond
	h, err := history.New([]history.Op{
		{Time: 1 * ms, Process: 0, Kind: history.Invoke, F: "txn", Value: []byte(`[["r","<x>",null],["w","y",1]]`)},
		{Time: 2 * ms, Process: 1, Kind: history.Invoke, F: "txn", Value: []byte(`[["r","y",null],["w","<x>",1]]`)},
		{Time: 3 * ms, Process: 0, Kind: history.Ok, F: "txn", Value: []byte(`[["r","<x>",null],["w","y",1]]`)},
		{Time: 4 * ms, Process: 1, Kind: history.Ok, F: "txn", Value: []byte(`[["r","y",null],["w","<x>",1]]`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &report.Run{Name: "x", History: h, Result: checker.Result{Verdict: checker.Invalid,
		Evidence: []checker.Evidence{{
			Kind: "G2-item", Summary: "s", Ops: []int{0, 1},
			Why: []checker.Claim{{Op: 0, Text: "one"}, {Op: 1, Text: "two"}},
			Cycle: []checker.Dependency{{From: 0, To: 1, Kind: "rw", Label: "<x>"},
				{From: 1, To: 0, Kind: "rw", Label: "y"}},
		}}}}
}

// A cycle of transactions is drawn as one: a box for each, an arrow for each dependency, and what
// the arrows mean.
func TestACycleIsDrawn(t *testing.T) {
	got := page(t, skew(t))
	_, drawn, ok := strings.Cut(got, `<svg class="picture ring"`)
	drawn, _, _ = strings.Cut(drawn, `</figure>`)
	if !ok {
		t.Fatal("there is no drawing")
	}
	for part, times := range map[string]int{`<g class="bar ok">`: 2, `class="link rw"`: 2, `>rw &lt;x&gt;<`: 1,
		`>rw y<`: 1, `<i class="rw">`: 1, `<i class="ww">`: 0, `#0 rw &lt;x&gt; #1, #1 rw y #0`: 1, `NaN`: 0} {
		if n := strings.Count(drawn, part); n != times {
			t.Errorf("%s is there %d times, want %d", part, n, times)
		}
	}
}

// A cycle with operations that are not shown, or too long to be drawn, is described in words only.
func TestACycleThatCannotBeDrawn(t *testing.T) {
	for name, spoil := range map[string]func(*checker.Evidence){
		"none": func(e *checker.Evidence) { e.Cycle = nil },
		"of one": func(e *checker.Evidence) {
			e.Cycle = []checker.Dependency{{From: 0, To: 0, Kind: "rw"}}
		},
		"through the unknown": func(e *checker.Evidence) { e.Cycle[0].To, e.Cycle[1].From = 77, 77 },
		"too long": func(e *checker.Evidence) {
			for i := range 40 {
				e.Cycle = append(e.Cycle, checker.Dependency{From: 100 + i, To: 101 + i, Kind: "ww"})
			}
		},
	} {
		run := skew(t)
		spoil(&run.Result.Evidence[0])
		if got := page(t, run); strings.Contains(got, `class="picture ring"`) || !strings.Contains(got, "one") {
			t.Errorf("a cycle %s is drawn, or nothing is told", name)
		}
	}
}

// The rows of a violation show of each transaction what it did to the keys that the violation is
// about.
func TestRowsShowTheKeysThatMatter(t *testing.T) {
	for _, test := range []struct {
		keys       []string
		want, none string
	}{
		{nil, "r <x> · w y 1", "…"},
		{[]string{`"y"`}, "… · w y 1", "r <x>"},
		{[]string{`"<x>"`}, "r <x> · …", "w y"},
		{[]string{`"elsewhere"`}, "r <x> · w y 1", "…"},
	} {
		run := skew(t)
		run.Result.Evidence[0].Keys = test.keys
		var out strings.Builder
		if err := report.Text(&out, run, false); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), test.want) || strings.Contains(out.String(), test.none) {
			t.Errorf("keys %v: want %q and no %q in\n%s", test.keys, test.want, test.none, out.String())
		}
	}
}
