package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// A node that says that it is in doubt blocks others: the text and the page say which, how often
// and for how long.
func TestWhoWasInDoubt(t *testing.T) {
	run := validRun(t)
	says := func(at float64, node history.NodeID, role string) report.StatusAt {
		return report.StatusAt{Time: secs(at), Node: node, Up: role != "", Role: role}
	}
	run.Statuses = []report.StatusAt{
		says(0, "n2", "shard"), says(0, "n10", "shard"),
		says(1, "n10", "in doubt"), says(1.5, "n2", "in doubt"), says(2, "n2", "in doubt"), says(3, "n2", "shard"),
		says(4, "n10", ""), // it went down, and comes back in doubt
		says(5, "n10", "in doubt"), says(6.5, "n10", "shard"), says(7, "n2", "in doubt"), says(7.25, "n2", "shard"),
	}
	want := []string{
		"in doubt  n2 2 times, 1.8 s in all, 1.5 s at most (from 1.50 s)\n",
		"in doubt  n10 2 times, 4.5 s in all, 3.0 s at most (from 1.00 s)\n",
	}
	var text, page bytes.Buffer
	if err := report.Text(&text, run, false); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); !strings.Contains(got, want[0]+"  "+want[1]) {
		t.Errorf("the text does not say %q:\n%s", want, got)
	}
	if err := report.HTML(&page, run); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"in doubt: n2 2 times, 1.8 s in all", `<span class="key doubt">`, `<rect class="doubt"`,
		"n10 in doubt, 1.000 s to 4.000 s",
	} {
		if !strings.Contains(page.String(), part) {
			t.Errorf("the page has no %q", part)
		}
	}
	page.Reset()
	if err := report.HTML(&page, validRun(t)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), `class="key doubt"`) {
		t.Error("the page of a run in which nobody was in doubt explains what that looks like")
	}
}

// A node in doubt at the end of the run is in doubt until its end.
func TestInDoubtToTheEnd(t *testing.T) {
	run := validRun(t)
	run.Statuses = []report.StatusAt{{Time: run.History.End() - secs(2), Node: "n3", Up: true, Role: "in doubt"}}
	var text bytes.Buffer
	if err := report.Text(&text, run, false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "in doubt  n3 1 time, 2.0 s in all, 2.0 s at most") {
		t.Errorf("a doubt without an end is not told:\n%s", text.String())
	}
}
