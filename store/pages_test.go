package store_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/browsertest"
	"github.com/splitvote/splitvote/report"
	"github.com/splitvote/splitvote/store"
)

// judged saves a run of a plan with a seed, and with a violation if found is not empty.
func judged(t *testing.T, root, plan string, at time.Time, seed uint64, found string) *store.Dir {
	t.Helper()
	d := create(t, root, plan, at)
	record(t, d)
	run := fixed(t)
	run.Name, run.Seed, run.Started = plan, seed, at
	run.Result = checker.Result{Checker: "linearizable"}
	if found != "" {
		run.Result.Verdict, run.Result.Reason = checker.Invalid, found
		run.Result.Evidence = []checker.Evidence{{Kind: "stale-read", Summary: found}}
	}
	if err := d.Write(store.Plan, fmt.Appendf(nil,
		"target: raft\nseed: %d\nfaults: [partition]\nset:\n  reads: index\n", seed)); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(run); err != nil {
		t.Fatal(err)
	}
	return d
}

// A finding is identified by its summary without keys and numbers; the newest run of its plan
// determines its state.
func TestFindings(t *testing.T) {
	root := t.TempDir()
	for i, run := range []struct{ plan, found string }{
		{"known", "key k1 is not linearizable"},
		{"known", "key k22 is not linearizable"},
		{"new", ""},
		{"new", "key k1 is not linearizable"},
		{"resolved", "key k1 is not linearizable"},
		{"resolved", ""},
		{"open", "key k1 is not linearizable"},
		{"open", "n3 ended by itself"},
	} {
		judged(t, root, run.plan, began.Add(time.Duration(i)*time.Minute), uint64(i), run.found)
	}
	create(t, root, "resolved", began.Add(time.Hour)) // not judged, so it has no influence
	entries, err := store.List(root)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range store.Findings(entries) {
		got += fmt.Sprintf("%s %s %d %s\n", f.State, f.Plan, len(f.Runs), f.Summary)
	}
	want := `new open 1 n3 ended by itself
new new 1 key k1 is not linearizable
known known 2 key k22 is not linearizable
open open 1 key k1 is not linearizable
resolved resolved 1 key k1 is not linearizable
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestCompareAndTrend(t *testing.T) {
	root := t.TempDir()
	a := judged(t, root, "raft", began, 7, "")
	b := judged(t, root, "raft", began.Add(time.Minute), 8, "key x is not linearizable")
	handler := store.Serve(root)
	path := func(d *store.Dir) string { return "raft/" + d.Path[strings.LastIndex(d.Path, "/")+1:] }
	for _, test := range []struct {
		url    string
		status int
		has    []string
	}{
		{"/compare?run=" + path(b) + "&run=" + path(a), 200,
			[]string{`<tr class="differs"><td>seed</td><td class="value">7</td><td class="value">8</td>`,
				`<tr class="differs"><td>verdict</td><td class="value">valid</td><td class="value">invalid</td>`,
				`<tr><td>target</td><td class="value">raft</td>`, "\n  reads: index"}},
		{"/compare?run=" + path(a), 400, []string{"two runs are compared, and 1 were named"}},
		{"/compare?run=" + path(a) + "&run=raft/../../etc", 404, []string{"no such run"}},
		{"/trend?plan=raft", 200, []string{`class="sign invalid"`, `class="sign valid"`, path(a), path(b)}},
		{"/trend?plan=none", 404, nil},
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("GET", test.url, nil))
		if answer.Code != test.status {
			t.Errorf("%s: status %d, want %d: %s", test.url, answer.Code, test.status, answer.Body)
		}
		for _, want := range test.has {
			if !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: no %q in\n%s", test.url, want, answer.Body)
			}
		}
	}
}

// The page of a run in progress reads on from where it stopped, and waits for an incomplete line.
func TestLive(t *testing.T) {
	root := t.TempDir()
	d := create(t, root, "raft", began)
	f, err := d.Append(store.History)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	handler := store.Serve(root)
	look := func() string {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("GET", "/live?run=raft/20261122T060000.123", nil))
		if answer.Code != 200 {
			t.Fatalf("status %d: %s", answer.Code, answer.Body)
		}
		return answer.Body.String()
	}
	fault := `{"index":2,"time":7,"process":"nemesis","type":"info","f":"start-partition","value":{"id":1,"fault":"partition","phase":"%s","shape":"one"}}` + "\n"
	for _, step := range []struct{ add, has string }{
		{"", "0 calls ended"},
		{line + `{"index":1,"time":6,"process":0,"type":"ok","f":"read","value":3}` + "\n", "1 calls ended"},
		{fmt.Sprintf(fault, "start"), "on now: partition one"},
		{fmt.Sprintf(fault, "stop"), "no fault is on"},
		{`{"index":3,"time":2000000000,"process":1,"type":"fail","f":"wri`, "1 calls ended"},
		{`te","value":4}` + "\n", "2.0 s: 2 calls ended"},
	} {
		if _, err := f.WriteString(step.add); err != nil {
			t.Fatal(err)
		}
		if page := look(); !strings.Contains(page, step.has) {
			t.Errorf("after %q the page does not say %q:\n%s", step.add, step.has, page)
		}
	}
	if page := look(); !strings.Contains(page, `http-equiv="refresh"`) {
		t.Error("the page of a run under way does not look again")
	}
	if err := d.Save(&report.Run{Name: "raft", History: &history.History{}}); err != nil {
		t.Fatal(err)
	}
	if page := look(); strings.Contains(page, `http-equiv="refresh"`) ||
		!strings.Contains(page, "/raft/20261122T060000.123/report.html") {
		t.Errorf("the page of a judged run does not lead to its report:\n%s", page)
	}
}

// A user filters the list of runs, sorts it, groups it by finding and compares two runs.
func TestTheListInABrowser(t *testing.T) {
	root := t.TempDir()
	for i, found := range []string{"", "key x is not linearizable", "", "n3 ended by itself",
		"key y is not linearizable"} {
		judged(t, root, []string{"alpha", "beta"}[i%2], began.Add(time.Duration(i)*time.Minute), uint64(20-3*i), found)
	}
	if err := os.Mkdir(root+"/not-a-run", 0o755); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(store.Serve(root))
	defer server.Close()
	ctx := browsertest.Open(t, server.URL, server.URL)
	const shown = `[...document.querySelectorAll("#runs tbody tr:not(.group)")].filter(r => !r.hidden)`
	if n := browsertest.Ask[int](t, ctx, shown+".length"); n != 5 {
		t.Fatalf("%d runs are listed, want 5", n)
	}
	browsertest.Ask[bool](t, ctx,
		`((f) => { f.value = "invalid alpha"; f.dispatchEvent(new Event("input")); return true })(document.getElementById("filter"))`)
	if n := browsertest.Ask[int](t, ctx, shown+".length"); n != 1 {
		t.Errorf("the filter leaves %d runs, want 1", n)
	}
	browsertest.Ask[bool](t, ctx,
		`((f) => { f.value = ""; f.dispatchEvent(new Event("input")); return true })(document.getElementById("filter"))`)
	for _, want := range []string{"8 11 14 17 20", "20 17 14 11 8"} {
		browsertest.Ask[bool](t, ctx,
			`([...document.querySelectorAll("#runs th button")].find(b => b.textContent === "seed").click(), true)`)
		if got := browsertest.Ask[string](t, ctx, shown+`.map(r => r.cells[7].textContent).join(" ")`); got != want {
			t.Errorf("sorted by seed: %s, want %s", got, want)
		}
	}
	browsertest.Ask[bool](t, ctx,
		`((g) => { g.value = "finding"; g.dispatchEvent(new Event("change")); return true })(document.getElementById("group"))`)
	if got := browsertest.Ask[string](t, ctx,
		`[...document.querySelectorAll("tr.group")].map(r => r.textContent).join(", ")`); got != "none: 2 runs, stale-read: 3 runs" {
		t.Errorf("the groups are %q", got)
	}
	const button = `document.getElementById("compare")`
	if !browsertest.Ask[bool](t, ctx, button+".disabled") {
		t.Error("no run is chosen, and the button compares")
	}
	browsertest.Ask[bool](t, ctx,
		`([...document.querySelectorAll("#runs input[type=checkbox]")].slice(0, 2).forEach(c => c.click()), true)`)
	if browsertest.Ask[bool](t, ctx, button+".disabled") {
		t.Error("two runs are chosen, and the button does not compare")
	}
	if !browsertest.Ask[bool](t, ctx,
		`[...document.querySelectorAll("input, select, button")].every(e => e.innerText?.trim() || e.getAttribute("aria-label") || e.closest("label"))`) {
		t.Error("a control has no name")
	}
	if !browsertest.Ask[bool](t, ctx, `document.documentElement.scrollWidth <= innerWidth`) {
		t.Error("the list is wider than the screen")
	}
}
