package bundledtest

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/transcript"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

var more = flag.Uint64("storms", 1, "so many times as many storms as usual")

// Suite is a bundled protocol with what its tests are made of.
type Suite struct {
	Protocol protocol.Protocol
	// Stage is where its transcripts are played, with a planted bug, "" for none.
	Stage func(bug string) transcript.Stage
	// Storm is a run in which everything happens; its seed decides all of it. [ShortStorm] and
	// [LongStorm] begin one.
	Storm    func(seed uint64) plan.Plan
	Storms   uint64 // that a correct build endures
	Patience uint64 // storms after which a planted bug counts as unseen
}

// Endure lets storms pass over a correct build (B2).
func (s Suite) Endure(t *testing.T) {
	t.Helper()
	storms, valid := *more*s.Storms, uint64(0)
	for seed := range storms {
		switch r := s.simulate(t, s.Storm(seed), "").Result; r.Verdict {
		case checker.Invalid:
			t.Errorf("seed %d: %s", seed, r.Reason)
		case checker.Valid:
			valid++
		}
	}
	if valid < storms*2/3 {
		t.Errorf("%d of %d storms say anything", valid, storms)
	}
}

// Repeat runs storms twice (B3).
func (s Suite) Repeat(t *testing.T) {
	t.Helper()
	for seed := range uint64(3) {
		a, b := s.simulate(t, s.Storm(seed), ""), s.simulate(t, s.Storm(seed), "")
		if diff := cmp.Diff(a.History.Ops, b.History.Ops); diff != "" {
			t.Errorf("seed %d: two runs differ:\n%s", seed, diff)
		}
	}
}

// Mutants looks for each planted bug, until a transcript or a storm shows it (B4).
func (s Suite) Mutants(t *testing.T) {
	t.Helper()
	s.MutantsBy(t, func(t *testing.T, seed uint64, bug string) string {
		if r := s.simulate(t, s.Storm(seed), bug).Result; r.Verdict == checker.Invalid {
			return r.Reason
		}
		return ""
	})
}

// MutantsBy is Mutants with storms of the protocol's own, each of which says what went wrong, "" if
// nothing did.
func (s Suite) MutantsBy(t *testing.T, storm func(t *testing.T, seed uint64, bug string) string) {
	t.Helper()
	for _, m := range s.Protocol.Mutants {
		t.Run(strings.TrimPrefix(m.Name, s.Protocol.Name+"/"), func(t *testing.T) {
			t.Parallel()
			if m.Doc == "" || m.Source == "" || m.Class == "" {
				t.Errorf("it does not say enough of itself: %+v", m)
			}
			how := s.told(t, m.Name)
			for seed := uint64(0); how == "" && seed < *more*s.Patience; seed++ {
				if wrong := storm(t, seed, m.Name); wrong != "" {
					how = fmt.Sprintf("seed %d: %s", seed, wrong)
				}
			}
			if how == "" {
				t.Fatal("nothing shows it")
			}
			t.Log(how)
		})
	}
}

// Control demands that one of a few storms is convicted, and with evidence: of a correct build that
// is told to do what is wrong.
func (s Suite) Control(t *testing.T, few uint64, storm func(seed uint64) plan.Plan) {
	t.Helper()
	for seed := range few {
		if r := s.simulate(t, storm(seed), "").Result; r.Verdict == checker.Invalid {
			if len(r.Evidence) == 0 {
				t.Errorf("convicted without evidence: %s", r.Reason)
			}
			return
		}
	}
	t.Errorf("what is wrong went unseen in %d storms", few)
}

func (s Suite) simulate(t *testing.T, p plan.Plan, bug string) harness.Outcome {
	t.Helper()
	w, ok := workloads.Named(p.Workload)
	if !ok {
		t.Fatalf("no workload %s", p.Workload)
	}
	p.Bug = bug
	out, err := harness.Experiment{Plan: p, Workload: w}.Simulate(t.Context(), bundled.New(s.Protocol), sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
