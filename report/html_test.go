package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

func page(t testing.TB, run *report.Run) string {
	return render(t, func(b *bytes.Buffer) error { return report.HTML(b, run) })
}

// forms are all forms of the report.
func forms(t testing.TB, run *report.Run) map[string]string {
	return map[string]string{
		"text":     render(t, func(b *bytes.Buffer) error { return report.Text(b, run, false) }),
		"json":     render(t, func(b *bytes.Buffer) error { return report.JSON(b, run) }),
		"junit":    render(t, func(b *bytes.Buffer) error { return report.JUnit(b, run) }),
		"markdown": render(t, func(b *bytes.Buffer) error { return report.Markdown(b, run) }),
		"html":     page(t, run),
	}
}

// An invalid run shows five things (R5): operations, sentences, the picture, the faults, the
// commands.
func TestAnInvalidRunShowsFiveThings(t *testing.T) {
	run := invalidRun(t)
	found := run.Result.Evidence[0]
	for name, got := range forms(t, run) {
		for _, i := range found.Ops {
			if op := fmt.Sprintf("#%d", i); !strings.Contains(got, op) && name != "json" {
				t.Errorf("%s does not show operation %s", name, op)
			}
		}
		got = strings.NewReplacer("&#39;", "'", "&#35;", "#").Replace(got)
		for _, claim := range found.Why {
			if !strings.Contains(got, claim.Text) {
				t.Errorf("%s does not say %q", name, claim.Text)
			}
		}
		for _, want := range []string{"n5 had been cut off from n1 n2 n3 n4 since 11.2 s (partition #2)", run.Replay,
			run.Shrink, "sequential"} {
			if name == "junit" && want == run.Shrink {
				continue
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
	got := page(t, run)
	for _, part := range []string{
		`<svg class="picture"`, `class="bar ok marked"`, `class="link before"`, `class="link reads"`, // the violation
		`<g class="f-partition"><title>partition #2 one n5`, `class="fault f-partition"`, // the faults' bands
		`class="violated"`, `aria-label="roles of n5 over time"`, `<tr class="witness">`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the page has no %s", part)
		}
	}
}

// Every operation has its sentence, even one that the checker said nothing about.
func TestTheSourceOfAReadIsExplained(t *testing.T) {
	run := invalidRun(t)
	found := &run.Result.Evidence[0]
	found.Why = found.Why[1:]
	want := fmt.Sprintf("#%d wrote %s, which #%d returned", found.Ops[0], run.History.Ops[found.Ops[0]].Value,
		found.Ops[2])
	for name, got := range forms(t, run) {
		if !strings.Contains(strings.ReplaceAll(got, "&#35;", "#"), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
	if len(run.Result.Evidence[0].Why) != 1 {
		t.Error("telling a violation changed its evidence")
	}
}

func TestSentencesNameTheirOperation(t *testing.T) {
	run := invalidRun(t)
	found := &run.Result.Evidence[0]
	a, b := found.Ops[0], found.Ops[2]
	for _, test := range []struct{ text, want string }{
		{"came too late", fmt.Sprintf("#%d came too late", b)},
		{fmt.Sprintf("#%d and #%d disagree", a, b), fmt.Sprintf("    #%d and #%d disagree", a, b)},
		{fmt.Sprintf("disagrees with #%d", a), fmt.Sprintf("#%d disagrees with #%d", b, a)},
		{fmt.Sprintf("is not #%d0", b), fmt.Sprintf("#%d is not #%d0", b, b)},
	} {
		found.Why = []checker.Claim{{Op: b, Text: test.text}}
		if said := forms(t, run)["text"]; !strings.Contains(said, test.want) {
			t.Errorf("%q is not told as %q:\n%s", test.text, test.want, said)
		}
	}
}

func TestAPlantedBugIsNamed(t *testing.T) {
	run := invalidRun(t)
	run.Bug = "raft/read-without-quorum"
	for name, got := range forms(t, run) {
		if !strings.Contains(got, run.Bug) {
			t.Errorf("%s does not name the planted bug", name)
		}
	}
}

func TestTheSameRunGivesTheSameBytes(t *testing.T) {
	a, b := forms(t, invalidRun(t)), forms(t, invalidRun(t))
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs from one time to the next", name)
		}
	}
}

// The page fetches nothing (R3): no reference leads out of it.
func TestThePageFetchesNothing(t *testing.T) {
	for name, run := range samples(t) {
		got := page(t, run)
		for _, reference := range regexp.MustCompile(`(?i)(src|href|url|@import|fetch|import)\s*[=(]\s*["']?[^"'\s>)]*`).FindAllString(got, -1) {
			if !strings.HasPrefix(reference, `href="data:`) && !strings.HasPrefix(reference, `href="porcupine/`) &&
				!strings.HasPrefix(reference, `href="#`) {
				t.Errorf("%s: the page refers to %s", name, reference)
			}
		}
	}
}

// Nothing in a history becomes markup, script or a control sequence (R6).
func TestHostileText(t *testing.T) {
	const evil = "</script><script>window.evil=1</script><img src=x " +
		"onerror=evil()>\"'`]]>{{.}}\x1b[31m\u009b31m\u202e|\x00\xff"
	value, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.New([]history.Op{
		{Time: 1, Process: 0, F: evil, Key: evil, Value: value, Node: history.NodeID(evil)},
		{Time: 2, Process: history.Nemesis, F: evil, Value: json.RawMessage("null")},
		{Time: 3, Process: history.Nemesis, F: evil, Kind: history.Ok, Value: json.RawMessage(fmt.Sprintf(
			`{"id":1,"fault":%s,"phase":"start","shape":%[1]s,"nodes":[%[1]s],"cut":{%[1]s:[%[1]s]},"set":{%[1]s:%[1]s},"proof":%[1]s}`, value))},
		{Time: 4, Process: 0, F: evil, Key: evil, Kind: history.Ok, Value: json.RawMessage("\"\u009b\x7f</script>\""),
			Node: history.NodeID(evil), Err: evil},
		{Time: 5, Process: 1, F: "read", Key: evil, Value: json.RawMessage("not json <u>")},
		{Time: 6, Process: 1, F: "read", Key: evil, Kind: history.Info, Value: json.RawMessage("null"), Err: evil},
	})
	if err != nil {
		t.Fatal(err)
	}
	run := &report.Run{Name: evil, Target: evil, Backend: evil, BackendWhy: evil, Workload: evil,
		Nodes: []history.NodeID{history.NodeID(evil)}, Bug: evil, Settings: []report.Setting{{Name: evil, Value: evil}},
		Faults: []string{evil}, History: h, Notes: []string{evil},
		Replay: evil, Shrink: evil, Check: evil, Report: evil, Version: evil,
		Links: []report.Link{{Name: evil, Path: "javascript:evil()"}},
		Statuses: []report.StatusAt{{Time: 1, Node: history.NodeID(evil), Up: true, Role: evil,
			Leader: history.NodeID(evil), Term: 1}},
		Result: checker.Result{Checker: evil, Verdict: checker.Invalid, Reason: evil, Method: evil,
			Holds: []string{evil}, Evidence: []checker.Evidence{
				{Kind: evil, Key: evil, Summary: evil, Ops: []int{0, 4},
					Why: []checker.Claim{{Op: 0, Text: evil}, {Op: 4, Text: evil + " #0"}}}}},
	}
	for name, got := range forms(t, run) {
		if name != "json" && strings.ContainsAny(got, "\x1b\x00\x7f\u009b\u202e") {
			t.Errorf("%s has control characters", name)
		}
		if name != "html" {
			continue
		}
		if n := strings.Count(got, "<script"); n != 3 {
			t.Errorf("the page has %d scripts, want its own and two with its data", n)
		}
		for _, bad := range []string{"<img", "<u>", "javascript:", `onerror=evil()>"`} {
			if strings.Contains(got, bad) {
				t.Errorf("the page has %s", bad)
			}
		}
	}
}

// Evidence may be wrong in any way: a report still comes out, and the verdict stands (R2).
func TestOddEvidence(t *testing.T) {
	for name, found := range map[string]checker.Evidence{
		"nothing":     {},
		"unknown ops": {Summary: "s", Ops: []int{-1, 999999}, Why: []checker.Claim{{Op: 999999, Text: "gone"}}},
		"the same twice": {Summary: "s", Ops: []int{0, 0},
			Why: []checker.Claim{{Op: 0, Text: "a"}, {Op: 0, Text: "b #0"}}},
		"a completion":    {Summary: "s", Ops: []int{1, 2, 3}},
		"the nemesis too": {Summary: "s", Ops: []int{0, nemesisOp(t)}},
	} {
		run := invalidRun(t)
		run.Result.Evidence = []checker.Evidence{found}
		for form, got := range forms(t, run) {
			if !strings.Contains(strings.ToLower(got), "invalid") {
				t.Errorf("%s: %s does not say invalid", name, form)
			}
		}
	}
	run := invalidRun(t)
	run.History = nil
	for form, got := range forms(t, run) {
		if !strings.Contains(strings.ToLower(got), "invalid") {
			t.Errorf("without a history %s does not say invalid", form)
		}
	}
}

func nemesisOp(t testing.TB) int {
	h, _ := sampleHistory(t, true)
	for i := range h.Ops {
		if h.Ops[i].Process == history.Nemesis {
			return i
		}
	}
	t.Fatal("the sample has no fault")
	return 0
}

// A report stays small however long the run (R4).
func TestALongRunHasASmallReport(t *testing.T) {
	const calls = 200_000
	ops := make([]history.Op, 0, 2*calls+2000)
	found := checker.Evidence{Kind: "stale-read", Summary: "everything is wrong"}
	for i := range calls {
		at := time.Duration(i) * time.Millisecond
		op := history.Op{Time: at, Process: history.Process(i), F: "write", Value: json.RawMessage(fmt.Sprint(i)),
			Node: members[i%5]}
		done := op
		done.Time, done.Kind = at+time.Duration(i%900)*time.Microsecond,
			[]history.Kind{history.Ok, history.Ok, history.Fail, history.Info}[i%4]
		if i%100 == 0 {
			id := i/200 + 1
			phase := []history.Phase{history.Start, history.Stop}[i/100%2]
			fault := history.Op{Time: at, Process: history.Nemesis, F: "partition", Value: json.RawMessage("null")}
			ops = append(ops, fault)
			fault.Kind, fault.Value = history.Ok, value(t,
				history.Fault{ID: id, Fault: "partition", Phase: phase, Nodes: members[:2], Bit: true,
					Proof: strings.Repeat("proof ", 100)})
			ops = append(ops, fault)
		}
		found.Ops = append(found.Ops, len(ops))
		found.Why = append(found.Why, checker.Claim{Op: len(ops), Text: strings.Repeat("wrong ", 200)})
		ops = append(ops, op, done)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	run := baseRun()
	run.History, run.Statuses = h, nil
	for i := range 50_000 {
		run.Statuses = append(run.Statuses, report.StatusAt{Time: time.Duration(i) * 4 * time.Millisecond,
			Node: members[i%5], Up: i%3 > 0, Role: []string{"leader", "follower", "candidate"}[i%3], Term: uint64(i)})
	}
	run.Result = checker.Result{Checker: "register", Verdict: checker.Invalid, Reason: "everything is wrong"}
	for range 300 {
		run.Result.Evidence = append(run.Result.Evidence, found)
		run.Result.Parts = append(run.Result.Parts,
			checker.Result{Checker: "key", Verdict: checker.Invalid, Reason: strings.Repeat("wrong ", 200)})
	}
	if got := len(page(t, run)); got > 1<<20 {
		t.Errorf("the page has %d bytes, want at most 1 MB", got)
	}
	said := render(t, func(b *bytes.Buffer) error { return report.Text(b, run, true) })
	if lines := strings.Count(said, "\n"); lines > 45 {
		t.Errorf("the text has %d lines, want a screenful:\n%s", lines, said)
	}
}
