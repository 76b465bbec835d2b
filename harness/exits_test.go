package harness_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
)

// A member that ends by itself is a violation, reported once for each way of ending, before the
// lack of progress that it may cause. A member ended by others is not.
func TestExits(t *testing.T) {
	own := func(node history.NodeID, at time.Duration, how string) cluster.Exit {
		return cluster.Exit{Node: node, At: at, How: how, Log: []string{"why"}, File: "nodes/n.log"}
	}
	exits := []cluster.Exit{
		own("n2", 5*time.Second, "exit status 3"), own("n1", 7*time.Second, "signal: aborted"),
		own("n2", 2*time.Second, "exit status 3"),
		{Node: "n3", At: time.Second, How: "signal: killed", Outside: "was killed"},
	}
	parts := []checker.Result{{Checker: "linearizable"}, {Checker: "liveness", Verdict: checker.Invalid},
		{Checker: "stats"}}
	var names, said []string
	merged := harness.WithExits(parts, exits)
	for _, r := range merged {
		names = append(names, r.Checker)
	}
	for _, e := range checker.Merge(merged).Evidence {
		said = append(said, e.Kind+": "+e.Summary+" ("+strings.Join(e.Log, "")+" "+e.LogFile+")")
	}
	if d := cmp.Diff([]string{"linearizable", "members", "liveness", "stats"}, names); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	want := []string{
		"member-ended: n2 ended by itself at 2s: exit status 3; 2 times in all (why nodes/n.log)",
		"member-ended: n1 ended by itself at 7s: signal: aborted (why nodes/n.log)",
	}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := harness.WithExits(parts, exits[3:]); len(got) != len(parts) {
		t.Errorf("an end from outside became %+v", got)
	}
	if got := checker.Merge(harness.WithoutLiveness(parts)); got.Verdict != checker.Unknown {
		t.Errorf("a cluster that others broke owes progress: %+v", got)
	}
}

// A reader must learn which faults were skipped or not ended, and that few calls succeeded during
// faults.
func TestRemarks(t *testing.T) {
	fault := func(phase history.Phase) json.RawMessage {
		text, err := json.Marshal(history.Fault{Fault: "kill", ID: 1, Phase: phase, Bit: true,
			Nodes: []history.NodeID{"n1"}})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, tt := range map[string]struct {
		nemesis []history.Op
		ok      int // successful calls out of 100 during the fault
		want    []string
	}{
		"all well": {nil, 90, nil},
		"refused": {[]history.Op{{F: "kill", Err: "kill: number 1 is still in force"}, {F: "kill", Err: "again"}}, 90,
			[]string{"kill was refused 2 times, first at 0s: kill: number 1 is still in force"}},
		"not ended": {[]history.Op{{F: "start", Err: "no answer"}}, 90,
			[]string{"kill could not be ended once, at 0s: no answer"}},
		"not healed": {[]history.Op{{F: history.HealAll, Err: "no answer"}}, 90,
			[]string{"a fault could not be ended by healing once, at 0s: no answer"}},
		"few successes": {nil, 9,
			[]string{"faults left few successes: 9 of 100 calls made during faults; the verdict rests on little"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := history.NewRecorder(nil)
			record := func(op history.Op) {
				if _, err := r.Record(op); err != nil {
					t.Fatal(err)
				}
			}
			nemesis := func(op history.Op) {
				op.Process, op.Kind = history.Nemesis, history.Invoke
				was := op
				was.Err, was.Value = "", json.RawMessage("null")
				record(was)
				op.Kind = history.Info
				if op.Value == nil {
					op.Value = json.RawMessage("null")
				}
				record(op)
			}
			nemesis(history.Op{F: "kill", Value: fault(history.Start)})
			for _, op := range tt.nemesis {
				nemesis(op)
			}
			for i := range 100 {
				op := history.Op{Process: 1, F: "read", Key: "x", Value: json.RawMessage("null")}
				record(op)
				if op.Kind = history.Fail; i < tt.ok {
					op.Kind = history.Ok
				}
				record(op)
			}
			nemesis(history.Op{F: "start", Value: fault(history.Stop)})
			h, err := r.History()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, harness.Remarks(h)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
