package levels_test

import (
	"testing"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// An experiment is judged by the level that the target promises, in the terms of the workload's
// model, unless the plan names another.
func TestLevel(t *testing.T) {
	for _, test := range []struct{ workload, promise, plan, want string }{
		{"register", "", "", "linearizable"},
		{"register", "sequential", "", "sequential"},
		{"register", "strong-session-serializable", "", "sequential"},
		{"register", "strict-serializable", "", "linearizable"},
		{"register", "", "causal", "causal"},
		{"list-append", "", "", "strict-serializable"},
		{"list-append", "linearizable", "", "strict-serializable"},
		{"list-append", "sequential", "", "strong-session-serializable"},
		{"rw-register", "snapshot-isolation", "", "snapshot-isolation"},
		{"bank", "", "read-committed", "read-committed"},
	} {
		w, _ := workloads.Named(test.workload)
		x := harness.Experiment{Plan: plan.Plan{Consistency: test.plan}, Workload: w, Consistency: test.promise}
		if got := x.Level(); got != test.want {
			t.Errorf("%s, promised %q, asked for %q: judged by %s, want %s", test.workload, test.promise, test.plan,
				got, test.want)
		}
		if err := levels.Check(w.Model, x.Level()); err != nil {
			t.Errorf("%s: %v", test.workload, err)
		}
		if _, err := levels.Judge(w.Model, x.Level(), linear.Options{}, false); err != nil {
			t.Errorf("%s: %v", test.workload, err)
		}
	}
}

func TestCheckLevel(t *testing.T) {
	for _, test := range []struct{ model, level, want string }{
		{"list-append", "", ""},
		{"list-append", "snapshot-isolation", ""},
		{"mutex", "causal", "causal is not defined for mutex, only linearizable, sequential"},
		{"mutex", "serializable", "serializable is not defined for mutex, only linearizable, sequential"},
		{"mutex", "atomic", `no such consistency: "atomic"`},
	} {
		got := ""
		if err := levels.Check(test.model, test.level); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s of %s: %q, want %q", test.level, test.model, got, test.want)
		}
		if _, err := levels.Judge(test.model, test.level, linear.Options{}, true); (err == nil) != (test.want == "") {
			t.Errorf("judge of %s for %s: %v", test.level, test.model, err)
		}
	}
}
