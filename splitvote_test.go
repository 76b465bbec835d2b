package splitvote_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// What a plan may not say is refused as the command refuses it, before anything is started or
// written.
func TestRunRefuses(t *testing.T) {
	for _, test := range []struct {
		config     splitvote.Config
		want, hint string
	}{
		{splitvote.Config{Target: "rafd"}, `"rafd"`, ""},
		{splitvote.Config{Bug: "zab/none"}, `"zab/none"`, "splitvote list bugs"},
		{splitvote.Config{Workload: "lock", Target: "gossip"},
			"workload: lock works on a fenced-mutex", "workloads for gossip: "},
		{splitvote.Config{Nodes: 1, Faults: []string{"partition"}}, "faults: ", ""},
		{splitvote.Config{Target: "none.yaml"}, "none.yaml", "docs/services.md"},
		{splitvote.Config{Plan: func(p *plan.Plan) { p.Concurrency = "many" }}, "concurrency", ""},
	} {
		test.config.Dir = filepath.Join(t.TempDir(), "runs")
		report, err := splitvote.Run(t.Context(), test.config)
		var refused *splitvote.Error
		if report != nil || !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) ||
			!strings.Contains(strings.Join(refused.Hints, " "), test.hint) {
			t.Errorf("%+v: %v, %v, want %q with the hint %q", test.config, report, err, test.want, test.hint)
		}
		if _, err := os.Stat(test.config.Dir); err == nil {
			t.Errorf("%+v: a directory was made", test.config)
		}
	}
}

// A report has the calls that show the violation, and leads to the run's files. The same seed is
// the same run.
func TestReport(t *testing.T) {
	c := splitvote.Config{
		Nodes: 3, Faults: []string{"kill", "partition"}, Time: 10 * time.Second, Seed: 3,
		Bug: "raft/answers-before-commit", Dir: t.TempDir(),
	}
	first, err := splitvote.Run(t.Context(), c)
	if err != nil || first.Verdict != splitvote.Invalid || len(first.Evidence) == 0 || first.Reason == "" {
		t.Fatalf("%+v, %v: want it invalid, with evidence", first, err)
	}
	if e := first.Evidence[0]; len(e.Calls) < 2 || e.Calls[0].Invoked.F == "" ||
		!strings.Contains(e.String(), e.Summary+"\n  ") {
		t.Errorf("the evidence is %+v, want calls and what is wrong with them", e)
	}
	if _, err := os.Stat(first.Page); err != nil || !strings.HasSuffix(first.Replay, first.Dir) {
		t.Errorf("page %s (%v), replay %q, directory %s", first.Page, err, first.Replay, first.Dir)
	}
	again, err := splitvote.Run(t.Context(), c)
	if err != nil || len(again.History.Ops) != len(first.History.Ops) || again.Reason != first.Reason {
		t.Errorf("the same seed again: %+v, %v", again, err)
	}
}

func TestCheckRefuses(t *testing.T) {
	if _, err := splitvote.Check(t.Context(), nil, splitvote.Judgement{}); err == nil {
		t.Error("no history was judged")
	}
	h, err := history.Read(strings.NewReader(`{"process":0,"type":"invoke","f":"read","value":null}` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range []splitvote.Judgement{{Model: "registr"}, {Model: "register", Consistency: "none"}, {}} {
		var refused *splitvote.Error
		if r, err := splitvote.Check(t.Context(), h, j); !errors.As(err, &refused) || len(refused.Hints) == 0 {
			t.Errorf("%+v: %+v, %v, want it refused with a hint", j, r, err)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if r, err := splitvote.Check(stopped, h, splitvote.Judgement{Model: "register"}); err == nil &&
		r.Verdict == splitvote.Valid {
		t.Errorf("a stopped check says %v", r.Verdict)
	}
}
