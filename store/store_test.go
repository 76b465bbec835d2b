package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
	"github.com/splitvote/splitvote/store"
)

var began = time.Date(2026, 11, 22, 6, 0, 0, 123e6, time.UTC)

const line = `{"index":0,"time":5,"process":0,"type":"invoke","f":"read","value":null}` + "\n"

func create(t *testing.T, root, name string, at time.Time) *store.Dir {
	t.Helper()
	d, err := store.Create(root, name, at)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// record appends a history of one event.
func record(t *testing.T, d *store.Dir) {
	t.Helper()
	f, err := d.Append(store.History)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(line); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCreate(t *testing.T) {
	root := t.TempDir()
	d := create(t, root, "raft", began)
	if want := filepath.Join(root, "raft", "20261122T060000.123"); d.Path != want {
		t.Errorf("got %s, want %s", d.Path, want)
	}
	if again := create(t, root, "raft", began); filepath.Base(again.Path) != "20261122T060000.123-2" {
		t.Errorf("a second run of the same millisecond is at %s", again.Path)
	}
}

func TestCreateRefusesNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "latest", ".hidden", "a b", "ä",
		strings.Repeat("a", 101)} {
		root := t.TempDir()
		if d, err := store.Create(root, name, began); err == nil {
			t.Errorf("%q: made %s", name, d.Path)
		}
		if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
			t.Errorf("%q: left %v behind, error %v", name, left, err)
		}
	}
}

func TestRunsOfOneMomentAreApart(t *testing.T) {
	root := t.TempDir()
	var wait sync.WaitGroup
	paths := make([]string, 20)
	for i := range paths {
		wait.Go(func() {
			if d, err := store.Create(root, "raft", began); err == nil {
				paths[i] = d.Path
			}
		})
	}
	wait.Wait()
	seen := map[string]bool{}
	for _, path := range paths {
		if path == "" || seen[path] {
			t.Errorf("%q: failed, or taken twice", path)
		}
		seen[path] = true
	}
	left, err := filepath.Glob(filepath.Join(root, ".latest-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func TestLatestIsTheLastBegun(t *testing.T) {
	root := t.TempDir()
	for i, name := range []string{"raft", "zab", "raft"} {
		d := create(t, root, name, began.Add(time.Duration(i)*time.Second))
		record(t, d)
		found, err := store.Find(root, "latest")
		if err != nil {
			t.Fatal(err)
		}
		if real, err := filepath.EvalSymlinks(d.Path); err != nil || found.Dir.Path != real {
			t.Errorf("latest is %s, want %s (%v)", found.Dir.Path, real, err)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	to, err := os.Readlink(filepath.Join(root, "latest"))
	if want := filepath.Join("raft", "20261122T060002.123"); err != nil || to != want {
		t.Errorf("latest leads to %s, want the relative %s (%v)", to, want, err)
	}
}

func TestFind(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := create(t, root, "raft", began)
	record(t, d)
	lone := filepath.Join(t.TempDir(), "jepsen.edn")
	if err := os.WriteFile(lone, []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	lone, err = filepath.EvalSymlinks(lone)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ arg, dir, history string }{
		{"", d.Path, d.File(store.History)},
		{"latest", d.Path, d.File(store.History)},
		{d.Path, d.Path, d.File(store.History)},
		{"raft/20261122T060000.123", d.Path, d.File(store.History)},
		{d.File(store.History), d.Path, d.File(store.History)},
		{filepath.Join(root, "latest", store.History), d.Path, d.File(store.History)},
		{lone, "", lone},
	} {
		found, err := store.Find(root, test.arg)
		if err != nil {
			t.Errorf("%q: %v", test.arg, err)
			continue
		}
		dir := ""
		if found.Dir != nil {
			dir = found.Dir.Path
		}
		if dir != test.dir || found.History != test.history {
			t.Errorf("%q: got %q and %q, want %q and %q", test.arg, dir, found.History, test.dir, test.history)
		}
	}
	for _, arg := range []string{"nothing", root, "raft"} {
		if found, err := store.Find(root, arg); err == nil {
			t.Errorf("%q: found %+v", arg, found)
		}
	}
}

func TestLatestAsATextFile(t *testing.T) {
	root := t.TempDir()
	d := create(t, root, "raft", began)
	record(t, d)
	for _, test := range []struct{ text, want string }{
		{"raft/20261122T060000.123\n", ""},
		{"../outside", "leads to no run"},
		{"/etc", "leads to no run"},
		{"", "leads to no run"},
		{"raft/gone", "no such file"},
	} {
		path := filepath.Join(root, "latest")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := store.Find(root, "latest")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got error %v, want %q", test.text, err, test.want)
		}
	}
}

// fixed is a run with one call.
func fixed(t *testing.T) *report.Run {
	h, err := history.Read(strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	return &report.Run{Name: "raft", Target: "raft", Backend: "sim", Workload: "register", Seed: 7, History: h,
		Wall: time.Second, Result: checker.Result{Checker: "register", Verdict: checker.Unknown,
			Cause: checker.TooLittle, Reason: "1 call"},
		Statuses: []report.StatusAt{{Time: 5, Node: "n1", Up: true, Role: "leader", Term: 2}, {Time: 6, Node: "n1"}}}
}

func TestSaveAndLoad(t *testing.T) {
	d := create(t, t.TempDir(), "raft", began)
	record(t, d)
	run := fixed(t)
	f, err := d.Append(store.Status)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range run.Statuses {
		if err := store.AppendStatus(f, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(d.File(store.History))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Save(run); err != nil {
		t.Fatal(err)
	}
	var names []string
	files, err := os.ReadDir(d.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, file.Name())
	}
	want := []string{"history.jsonl", "junit.xml", "nodes", "report.html", "results.json", "status.jsonl", "summary.md"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if after, err := os.ReadFile(d.File(store.History)); err != nil || string(after) != string(before) {
		t.Errorf("saving changed the history (%v)", err)
	}
	got, err := d.Load()
	if err != nil {
		t.Fatal(err)
	}
	linked := *run // and its own files are linked
	linked.Links = []report.Link{{Name: "history", Path: "history.jsonl"},
		{Name: "status of the nodes", Path: "status.jsonl"}}
	if diff := cmp.Diff(&linked, got, cmp.AllowUnexported(history.History{})); diff != "" {
		t.Errorf("the run read back (-want +got):\n%s", diff)
	}
}

func TestSaveWritesWhatItCan(t *testing.T) {
	d := create(t, t.TempDir(), "raft", began)
	if err := os.Mkdir(d.File(store.JUnit), 0o755); err != nil { // a file cannot be renamed to it
		t.Fatal(err)
	}
	if err := d.Save(fixed(t)); err == nil || !strings.Contains(err.Error(), store.JUnit) {
		t.Errorf("got error %v, want one about %s", err, store.JUnit)
	}
	for _, name := range []string{store.Results, store.Summary, store.Report} {
		if _, err := os.Stat(d.File(name)); err != nil {
			t.Error(err)
		}
	}
	if left, err := filepath.Glob(d.File(".*-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

func TestLoadOfAnIncompleteRun(t *testing.T) {
	d := create(t, t.TempDir(), "raft", began)
	if _, err := d.Load(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v, want that there is no history", err)
	}
	record(t, d)
	if err := os.WriteFile(d.File(store.Status), []byte(`{"time":5,"node":"n1","up":true}`+"\n"+`{"time":6,"no`),
		0o644); err != nil {
		t.Fatal(err)
	}
	run, err := d.Load()
	if err != nil {
		t.Fatal(err)
	}
	if run.Name != "raft" || len(run.History.Ops) != 1 || len(run.Statuses) != 1 {
		t.Errorf("got %+v, want the name, one event and one status", run)
	}
}

func TestReadStatusesRefuses(t *testing.T) {
	_, err := store.ReadStatuses(strings.NewReader("{}\nnonsense\n"))
	if err == nil || !strings.Contains(err.Error(), "status: line 2: ") {
		t.Errorf("got error %v, want one about line 2", err)
	}
}

func TestList(t *testing.T) {
	root := t.TempDir()
	if entries, err := store.List(filepath.Join(root, "none")); err != nil || len(entries) > 0 {
		t.Errorf("a store that is not there: %v, %v", entries, err)
	}
	older := create(t, root, "zab", began)
	record(t, older)
	newer := create(t, root, "raft", began.Add(time.Minute))
	if err := newer.Save(fixed(t)); err != nil {
		t.Fatal(err)
	}
	spoilt := create(t, root, "raft", began.Add(-time.Minute))
	if err := spoilt.Write(store.Results, []byte("{")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "notes", "of mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	entries, err := store.List(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		state := "incomplete"
		if e.Results != nil {
			state = e.Results.Verdict
		}
		if e.Problem != "" {
			state = e.Problem
		}
		got = append(got, e.Path+" "+state)
	}
	want := []string{"raft/20261122T060100.123 unknown", "zab/20261122T060000.123 incomplete",
		"raft/20261122T055900.123 results: unexpected EOF"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
