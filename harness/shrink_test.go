package harness_test

import (
	"context"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// found returns a seed of the campaign that clients convict, with its sign.
func found(t *testing.T, c harness.Campaign) (harness.Trial, harness.Sign) {
	t.Helper()
	var trial harness.Trial
	var sign harness.Sign
	err := c.Run(context.Background(), 0, 50, func(t harness.Trial) bool {
		signs, _ := t.Outcome.Signs()
		for _, s := range signs {
			if s.SeenByClients() {
				trial, sign = t, s
				return false
			}
		}
		return true
	})
	if err != nil || sign.Checker == "" {
		t.Fatalf("50 seeds show nothing to clients (%v)", err)
	}
	return trial, sign
}

func TestAViolationShrinksToAHandfulOfCalls(t *testing.T) {
	c := campaign(t, "", map[string]string{"reads": "local"})
	trial, sign := found(t, c)
	s := harness.Shrinker{Target: named(t, "raft"), Sign: sign}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	small, outcome, err := s.Shrink(ctx, trial.Experiment, trial.Outcome)
	if err != nil {
		t.Fatal(err)
	}
	if len(small.Calls) == 0 || len(small.Calls) > 6 || len(small.Schedule) > 2 || len(outcome.History.Calls()) > 20 {
		t.Errorf("%d calls and %d faults are left, %d operations in all, of\n%s", len(small.Calls), len(small.Schedule),
			len(outcome.History.Calls()), small)
	}
	// The result is a plan like any other: it can be parsed, and does the same again.
	again, err := trial.Experiment.With(small).Simulate(context.Background(), c.Target, sim.Options{})
	if err != nil || again.Digest() != outcome.Digest() || !sign.Same(again) {
		t.Errorf("the shrunken plan gives another history (%v), or %v is not in it", err, sign)
	}
	small.Set["reads"] = "index"
	if honest, err := trial.Experiment.With(small).
		Simulate(context.Background(), c.Target, sim.Options{}); err != nil ||
		honest.Result.Verdict == checker.Invalid {
		t.Errorf("without the cause the shrunken plan is %v (%v)", honest.Result.Verdict, err)
	}
}

// Nothing is needed after the moment at which an invariant was broken, and the smallest plan keeps
// the calls that the invariant names.
func TestABrokenInvariantShrinks(t *testing.T) {
	target := named(t, "multipaxos")
	sign := harness.Sign{Checker: "invariants", Evidence: "invariant-M5"}
	for seed := uint64(1); ; seed++ {
		x := control(t, "multipaxos", "register", seed, nil)
		x.Plan.Bug, x.Plan.Nodes, x.Plan.Faults = "multipaxos/promises-ignored", 3,
			[]string{"partition", "kill", "links"}
		x.Plan.TimeLimit, x.Plan.FaultInterval, x.Plan.Rate = plan.Duration(10*time.Second),
			plan.Duration(time.Second), 50
		before, err := x.Simulate(t.Context(), target, sim.Options{})
		if err != nil || seed > 50 {
			t.Fatalf("50 seeds break nothing (%v)", err)
		}
		if !sign.Same(before) {
			continue
		}
		s := harness.Shrinker{Target: target, Sign: sign}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		small, outcome, err := s.Shrink(ctx, x, before)
		if err != nil {
			t.Fatal(err)
		}
		if ctx.Err() != nil {
			t.Errorf("%d tries, and no end", s.Tries)
		}
		if len(small.Calls) > 4 || len(small.Schedule) > 5 {
			t.Errorf("%d calls and %d faults are left of\n%s", len(small.Calls), len(small.Schedule), small)
		}
		again, err := x.With(small).Simulate(t.Context(), target, sim.Options{})
		if err != nil || again.Digest() != outcome.Digest() || len(again.Result.Parts) != len(outcome.Result.Parts) ||
			!sign.Same(again) {
			t.Errorf("the shrunken plan gives another outcome (%v), or %v is not in it", err, sign)
		}
		return
	}
}

// A pinned plan equals the drawn one: the same calls and faults at the same times, so the same
// history until healing. Where faults begin and end at one time, one of them may come a nanosecond
// later.
func TestAWrittenPlanIsTheDrawnOne(t *testing.T) {
	t.Run("few faults", func(t *testing.T) {
		writtenAsDrawn(t, 0, func(p *plan.Plan) {})
	})
	t.Run("many at a time", func(t *testing.T) {
		writtenAsDrawn(t, time.Microsecond, func(p *plan.Plan) {
			p.Faults, p.FaultInterval = []string{"partition", "kill", "pause", "links", "hold", "clock", "drift",
				"disk"}, plan.Duration(100*time.Millisecond)
		})
	})
}

func writtenAsDrawn(t *testing.T, apart time.Duration, change func(*plan.Plan)) {
	c := campaign(t, "", nil)
	x, err := c.Draw(3)
	if err != nil {
		t.Fatal(err)
	}
	change(&x.Plan)
	drawn, err := x.Simulate(context.Background(), c.Target, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := harness.Pinned(x.Plan, drawn.History)
	if len(p.Calls) < 20 || len(p.Schedule) < 2 {
		t.Fatalf("%d calls and %d faults are written out", len(p.Calls), len(p.Schedule))
	}
	written, err := x.With(p).Simulate(context.Background(), c.Target, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range drawn.History.Ops {
		a, b := &drawn.History.Ops[i], &written.History.Ops[i]
		if a.F == history.HealAll {
			break
		}
		if (a.Time-b.Time).Abs() > apart || a.Process != b.Process || a.Kind != b.Kind || a.F != b.F ||
			a.Node != b.Node ||
			// a proof may include how long a fault lasted
			string(a.Value) != string(b.Value) && (apart == 0 || a.Process != history.Nemesis) {
			t.Fatalf("event %d was %+v, and is %+v", i, a, b)
		}
	}
}

func TestAScriptThatCannotBeIsRefused(t *testing.T) {
	for want, fault := range map[string]plan.Fixed{
		`schedule: fault 1: kill has no shape "star"`:      {Fault: "kill", Shape: "star", Nodes: []string{"n1"}},
		`schedule: fault 1: no node is named "n9"`:         {Fault: "kill", Shape: "one", Nodes: []string{"n9"}},
		"schedule: fault 1: it names no nodes":             {Fault: "kill", Shape: "one"},
		`schedule: fault 1: earthquake has no shape "one"`: {Fault: "earthquake", Shape: "one"},
	} {
		if err := harness.CheckScript(plan.Plan{Nodes: 3, Schedule: []plan.Fixed{fault}}); err == nil ||
			err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
