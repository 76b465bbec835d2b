package harness_test

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// The controls: faults that correct builds survive must not convict them, and systems known to be
// inconsistent must be convicted of exactly that.

// rounds is how many seeds each control tries; SPLITVOTE_ROUNDS overrides it.
func rounds(few uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv("SPLITVOTE_ROUNDS"), 10, 64); err == nil && n > 0 {
		return n
	}
	return few
}

// control returns a plan of a target with its default settings, except for set.
func control(t *testing.T, target, workload string, seed uint64, set map[string]string) harness.Experiment {
	t.Helper()
	p := plan.Default()
	p.Target, p.Workload, p.Seed = target, workload, seed
	protocol := named(t, target).Protocol()
	p.Set = protocol.Defaults()
	maps.Copy(p.Set, set)
	w, ok := workloads.Named(workload)
	if !ok {
		t.Fatalf("no workload %s", workload)
	}
	return harness.Experiment{
		Plan: p, Workload: w, Settle: time.Duration(protocol.Settle) * harness.Tick,
		Consistency: protocol.Promise(p.Set), Terse: true,
	}
}

// survived lists targets that promise linearizability, with a workload that each can serve and one
// whose final reads reveal calls that nobody acknowledged. A cas whose expected value its client
// never read reveals nothing.
var survived = []struct {
	target, workload, told string
	set                    map[string]string
}{
	{"raft", "register", "append", nil},
	{"multipaxos", "register", "append", nil},
	{"paxos", "register", "append", nil},
	{"zab", "register", "append", map[string]string{"reads": "sync"}},
	{"abd", "read-write", "read-write", nil},
}

// hardships are faults that all targets survive without a wrong answer and without getting stuck.
var hardships = []struct {
	name   string
	faults func(r *rand.Rand, nodes []string) []plan.Fixed
	mute   bool // no answer arrives before everything is healed
}{
	{"every reply lost after commit", func(*rand.Rand, []string) []plan.Fixed { return nil }, true},
	{"all nodes killed, with honest disks", killAll, false},
	{"duplicates and reordering at 30 %", func(_ *rand.Rand, nodes []string) []plan.Fixed {
		return []plan.Fixed{{Fault: "links", Shape: "storm", Nodes: nodes,
			Set: map[string]any{"duplicate": 0.3, "reorder": 0.3}}}
	}, false},
	{"clocks 10 s apart, and jumping", jumps, false},
}

// killAll kills all nodes at once, four times.
func killAll(r *rand.Rand, nodes []string) (faults []plan.Fixed) {
	for i := range 4 {
		at := time.Duration(i)*time.Second + time.Duration(r.IntN(500))*time.Millisecond
		faults = append(faults, plan.Fixed{At: plan.Duration(at), For: plan.Duration(200 * time.Millisecond),
			Fault: "kill", Shape: "all", Nodes: nodes})
	}
	return faults
}

// jumps sets some of the clocks 10 s ahead or back, then others.
func jumps(r *rand.Rand, nodes []string) (faults []plan.Fixed) {
	for i := range 10 {
		r.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		faults = append(faults, plan.Fixed{
			At: plan.Duration(time.Duration(i) * 400 * time.Millisecond), For: plan.Duration(400 * time.Millisecond),
			Fault: "clock",
			Shape: "majority", Nodes: slices.Clone(nodes[:len(nodes)/2+1]),
			Set: map[string]any{"offset": []string{"10s", "-10s"}[r.IntN(2)]},
		})
	}
	return faults
}

// mute is a cluster whose answers to clients are lost until everything is healed.
type mute struct {
	*sim.Cluster
	asked map[history.Process]history.Op
	hears bool
}

func (m *mute) Invoke(op history.Op) {
	m.asked[op.Process] = op
	m.Cluster.Invoke(op)
}

func (m *mute) Next(ctx context.Context, until time.Duration) (history.Op, bool) {
	op, ok := m.Cluster.Next(ctx, until)
	switch {
	case ok && op.Process == history.Nemesis:
		m.hears = m.hears || op.F == history.HealAll
	case ok && !m.hears:
		op.Kind, op.Err, op.Value = history.Info, "reply lost", m.asked[op.Process].Value
	}
	return op, ok
}

// part returns the result of one checker.
func part(t *testing.T, r checker.Result, name string) checker.Result {
	t.Helper()
	for _, p := range r.Parts {
		if p.Checker == name {
			return p
		}
	}
	t.Fatalf("no checker %s among %v", name, r.Parts)
	return checker.Result{}
}

func TestCorrectBuildsSurvive(t *testing.T) {
	t.Parallel()
	for _, s := range survived {
		for _, hardship := range hardships {
			t.Run(s.target+", "+hardship.name, func(t *testing.T) {
				t.Parallel()
				workload, valid, seeds := s.workload, uint64(0), rounds(10)
				if hardship.mute {
					workload = s.told
				}
				for seed := range seeds {
					x := control(t, s.target, workload, seed+1, s.set)
					x.Plan.TimeLimit, x.Plan.Rate = plan.Duration(4*time.Second), 50
					nodes := make([]string, x.Plan.Nodes)
					for i, id := range harness.NodeNames(x.Plan.Nodes) {
						nodes[i] = string(id)
					}
					x.Plan.Schedule = hardship.faults(rand.New(rand.NewPCG(seed, 3)), nodes)
					r, h := survive(t, x, hardship.mute)
					if r.Verdict == checker.Invalid {
						t.Fatalf("seed %d: %s", seed+1, r.Reason)
					}
					if judged := part(t, r, "linearizable"); judged.Verdict != checker.Valid {
						t.Errorf("seed %d: %v, %s", seed+1, judged.Verdict, judged.Reason)
					}
					if r.Verdict == checker.Valid {
						valid++
					}
					if hardship.mute {
						deaf(t, h)
					}
				}
				// If no call was acknowledged, calls revealed by the final reads show that the run
				// was not vacuous.
				if valid != seeds {
					t.Errorf("%d of %d runs are valid as a whole", valid, seeds)
				}
			})
		}
	}
}

// deaf checks that calls took effect although no client heard of it before the end.
func deaf(t *testing.T, h *history.History) {
	t.Helper()
	hears, seen := false, false
	for i := range h.Ops {
		op := &h.Ops[i]
		hears = hears || op.Process == history.Nemesis && op.F == history.HealAll
		if op.Process == history.Nemesis || op.Kind != history.Ok {
			continue
		}
		if !hears {
			t.Fatalf("process %v heard that its %s was done", op.Process, op.F)
		}
		seen = seen || string(op.Value) != "null"
	}
	if !seen {
		t.Error("nothing that was written took effect")
	}
}

// survive carries out a plan and judges it, including invariants.
func survive(t *testing.T, x harness.Experiment, silent bool) (checker.Result, *history.History) {
	t.Helper()
	target := named(t, x.Plan.Target)
	if !silent {
		out, err := x.Simulate(t.Context(), target, sim.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return out.Result, out.History
	}
	cfg := x.Config(target, harness.NodeNames(x.Plan.Nodes))
	cfg.Log = io.Discard
	c, err := sim.Open(cfg, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	recorder := history.NewRecorder(nil)
	if _, err := x.Run(t.Context(), &mute{Cluster: c, asked: map[history.Process]history.Op{}}, recorder,
		nil); err != nil {
		t.Fatal(err)
	}
	judge, err := x.Checker()
	if err != nil {
		t.Fatal(err)
	}
	h := lines(t, recorder)
	r := checker.Safe(t.Context(), judge, h)
	if broken, is := harness.BrokenInvariants(c); is {
		r = checker.Merge(append(r.Parts, broken))
	}
	return r, h
}

// inconsistent lists targets that promise less than linearizability, with the level that every run
// satisfies.
var inconsistent = []struct {
	target, workload string
	holds            string
	seconds          int     // length of a run: where nodes lag by milliseconds only, a stale read takes time to appear
	least            float64 // least share of runs that must not be linearizable
	decided          float64 // least share of runs that must be decided: a search has its limits
}{
	{"zab", "register", weak.Sequential, 20, 0.8, 0.9}, // a cas that did not match allows many orders
	{"zab", "append", weak.Sequential, 20, 0.8, 1},
	{"zab", "queue", weak.Sequential, 5, 0, 1}, // nothing is read
	{"gossip", "read-write", weak.Eventual, 5, 1, 1},
	{"gossip", "removal", weak.Eventual, 5, 0.9, 1},
	{"gossip", "counter", weak.Eventual, 5, 1, 1},
}

// TestWhatIsNotLinearizableIsGraded checks the weaker levels against what targets promise:
// ZooKeeper's local reads are sequentially consistent, a store of replicated data types converges,
// and neither is linearizable.
func TestWhatIsNotLinearizableIsGraded(t *testing.T) {
	t.Parallel()
	for _, c := range inconsistent {
		t.Run(c.target+", "+c.workload, func(t *testing.T) {
			t.Parallel()
			seeds, held, convicted := rounds(30), uint64(0), uint64(0)
			for seed := range seeds {
				x := control(t, c.target, c.workload, seed+1, nil)
				if x.Consistency != c.holds {
					t.Fatalf("%s promises %q", c.target, x.Consistency)
				}
				x.Plan.Faults = []string{"partition", "kill", "pause", "links"}
				x.Plan.TimeLimit, x.Plan.FaultInterval = plan.Duration(time.Duration(c.seconds)*time.Second),
					plan.Duration(2*time.Second)
				r, h := survive(t, x, false)
				if r.Verdict == checker.Invalid {
					t.Fatalf("seed %d: %s", seed+1, r.Reason)
				}
				if judged := part(t, r, c.holds); judged.Verdict == checker.Valid {
					held++
				} else {
					t.Logf("seed %d: %v, %s", seed+1, judged.Verdict, judged.Reason)
				}
				strict, err := linear.New(x.Workload.Model, linear.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if strict.Check(t.Context(), h).Verdict == checker.Invalid {
					convicted++
				}
			}
			if float64(held) < c.decided*float64(seeds) || float64(convicted) < c.least*float64(seeds) {
				t.Errorf("of %d runs %d are %s and %d not linearizable", seeds, held, c.holds, convicted)
			}
			t.Logf("of %d runs %d are %s and %d not linearizable", seeds, held, c.holds, convicted)
		})
	}
}

// TestWhoGoesBackInTimeIsNotSequential is the control of the control. Raft's local reads do not
// remember what a client has seen, so a client that moves to another node goes back in time.
func TestWhoGoesBackInTimeIsNotSequential(t *testing.T) {
	t.Parallel()
	convicted, seeds := uint64(0), rounds(5)
	for seed := range seeds {
		x := control(t, "raft", "register", seed+1, map[string]string{"reads": "local"})
		x.Consistency, x.Plan.Faults = weak.Sequential, []string{"partition", "kill", "pause", "links"}
		x.Plan.TimeLimit, x.Plan.FaultInterval = plan.Duration(20*time.Second), plan.Duration(2*time.Second)
		r, _ := survive(t, x, false)
		if part(t, r, weak.Sequential).Verdict == checker.Invalid {
			convicted++
		}
	}
	if 2*convicted < seeds {
		t.Errorf("%d of %d runs are convicted", convicted, seeds)
	}
}

// TestWhatClientsCannotSee: these bugs of Raft break an invariant, and no history shows them.
func TestWhatClientsCannotSee(t *testing.T) {
	t.Parallel()
	for _, bug := range []string{"raft/commit-falls", "raft/match-falls"} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			broken := 0
			for seed := range rounds(10) {
				x := control(t, "raft", "register", seed+1, nil)
				x.Plan.Bug, x.Plan.Faults = bug, []string{"partition", "kill", "links", "hold"}
				x.Plan.TimeLimit, x.Plan.FaultInterval = plan.Duration(10*time.Second), plan.Duration(time.Second)
				out, err := x.Simulate(t.Context(), named(t, "raft"), sim.Options{})
				if err != nil {
					t.Fatal(err)
				}
				signs, text := out.Signs()
				for i, sign := range signs {
					if sign.SeenByClients() {
						t.Errorf("seed %d: %s", seed+1, text[i])
					}
					if sign.Checker == "invariants" {
						broken++
					}
				}
			}
			if broken == 0 {
				t.Error("nothing is broken")
			}
		})
	}
}
