package harness_test

import (
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// broken lists bugs that an invariant detects, and the least number of client calls that it must
// name. An invariant about promises concerns no call.
var broken = []struct {
	bug, workload string
	invariant     string
	calls         int
	of            string // one of these, the F's of the calls; "" if none
}{
	{"raft/commit-old-term", "register", "invariant-R10", 1, "write cas"},
	{"raft/vote-not-persisted", "register", "invariant-R6", 0, ""},
	{"multipaxos/promises-ignored", "register", "invariant-M5", 2, "write cas"},
	{"multipaxos/ballot-reused", "register", "invariant-M1", 0, ""},
	{"zab/epoch-before-txns", "register", "invariant-Z10", 1, "write cas"},
	{"zab/commits-on-proposal", "register", "invariant-Z13", 1, "write cas read"},
	{"abd/latest-wins-ties", "read-write", "invariant-A2", 2, "write"},
	{"paxos/own-value-wins", "register", "invariant-S3", 2, "write cas read"},
	{"twopc/read-locks-released", "list-append", "invariant-T3", 2, "txn"},
	{"gossip/unsynced", "read-write", "invariant-G3", 2, "write"},
}

func TestABrokenInvariantNamesTheCallsThatItIsAbout(t *testing.T) {
	t.Parallel()
	for _, b := range broken {
		t.Run(b.bug, func(t *testing.T) {
			t.Parallel()
			target, _, _ := strings.Cut(b.bug, "/")
			told := false
			for seed := uint64(1); seed <= 40 && !told; seed++ {
				x := control(t, target, b.workload, seed, nil)
				x.Plan.Bug, x.Plan.Nodes, x.Plan.Faults = b.bug, 3, []string{"partition", "kill", "links"}
				x.Plan.TimeLimit, x.Plan.FaultInterval, x.Plan.Rate = plan.Duration(10*time.Second),
					plan.Duration(time.Second), 50
				out, err := x.Simulate(t.Context(), named(t, target), sim.Options{})
				if err != nil {
					t.Fatal(err)
				}
				told = tells(t, out, b.invariant, b.calls, b.of)
			}
			if !told {
				t.Errorf("no seed breaks %s with %d calls named", b.invariant, b.calls)
			}
		})
	}
}

// tells reports whether the outcome breaks the invariant and names at least the given number of
// calls, and checks that they are what it says they are.
func tells(t *testing.T, out harness.Outcome, invariant string, calls int, of string) bool {
	t.Helper()
	for _, part := range out.Result.Parts {
		if part.Checker != "invariants" || part.Evidence[0].Kind != invariant || len(part.Evidence[0].Ops) < calls {
			continue
		}
		e := part.Evidence[0]
		if got := strings.Contains(e.Summary, "(it names no client call)"); got != (len(e.Ops) == 0) {
			t.Errorf("%d calls are named, and it says: %s", len(e.Ops), e.Summary)
		}
		if calls == 0 && len(e.Ops) > 0 {
			t.Errorf("%s names calls: %v", e.Summary, e.Why)
		}
		if len(e.Why) != len(e.Ops) {
			t.Errorf("%d sentences about %d calls", len(e.Why), len(e.Ops))
		}
		for i, at := range e.Ops {
			op := &out.History.Ops[at]
			if op.Kind != history.Invoke || op.Process == history.Nemesis || !strings.Contains(of, op.F) {
				t.Errorf("%s: %v is named, want calls of %s", e.Summary, op, of)
			}
			if e.Why[i].Op != at || e.Why[i].Text == "" || i > 0 && e.Ops[i-1] >= at {
				t.Errorf("call %d is explained by %+v, and the calls are %v", at, e.Why[i], e.Ops)
			}
		}
		return true
	}
	return false
}
