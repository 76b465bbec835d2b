package harness_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

// slow is a cluster in which every call takes a second of virtual time and ends as the script
// says, in turn.
type slow struct {
	now    time.Duration
	flying []history.Op
	ends   []history.Kind
	ended  int
}

func (s *slow) Nodes() []history.NodeID { return []history.NodeID{"n1", "n2"} }
func (s *slow) Now() time.Duration      { return s.now }
func (s *slow) Close() error            { return nil }

func (s *slow) Invoke(op history.Op) {
	op.Kind, op.Time = history.Ok, s.now+time.Second
	if s.ended < len(s.ends) {
		op.Kind = s.ends[s.ended]
	}
	s.ended++
	s.flying = append(s.flying, op)
}

func (s *slow) Do(op history.Op, f func(context.Context) history.Op) {
	op = f(context.Background())
	op.Time = s.now
	s.flying = append([]history.Op{op}, s.flying...)
}

func (s *slow) Next(ctx context.Context, until time.Duration) (history.Op, bool) {
	if len(s.flying) == 0 || s.flying[0].Time > until || ctx.Err() != nil {
		s.now = max(s.now, min(until, s.now+time.Hour))
		return history.Op{}, false
	}
	op := s.flying[0]
	s.flying, s.now = s.flying[1:], max(s.now, op.Time)
	return op, true
}

func reads(n int) generator.Generator {
	return generator.Clients(generator.Limit(n, generator.Repeat(history.Op{F: "read"})))
}

func lines(t *testing.T, r *history.Recorder) *history.History {
	t.Helper()
	h, err := r.History()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAProcessIsNotUsedAgainAfterAnUnknownOutcome(t *testing.T) {
	var rec history.Recorder
	c := &slow{ends: []history.Kind{history.Info, history.Fail, history.Ok}}
	if _, err := harness.Run(context.Background(),
		harness.Test{Cluster: c, Generator: reads(3), Processes: 1, Recorder: &rec}); err != nil {
		t.Fatal(err)
	}
	var procs []history.Process
	h := lines(t, &rec)
	for _, call := range h.Calls() {
		procs = append(procs, h.Ops[call.Invoke].Process)
	}
	if len(procs) != 3 || procs[0] != 0 || procs[1] != 1 || procs[2] != 1 {
		t.Errorf("processes %v, want 0 then 1 and 1 (H4)", procs)
	}
}

func TestEveryNodeIsAskedByItsOwnProcesses(t *testing.T) {
	var rec history.Recorder
	if _, err := harness.Run(context.Background(),
		harness.Test{Cluster: &slow{}, Generator: reads(8), Processes: 4, Recorder: &rec}); err != nil {
		t.Fatal(err)
	}
	for _, op := range lines(t, &rec).Ops {
		if want := []history.NodeID{"n1", "n2"}[op.Process%2]; op.Node != want {
			t.Errorf("process %v asks %s, want %s", op.Process, op.Node, want)
		}
	}
}

func TestARunThatIsStoppedHealsAndKeepsItsHistory(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var rec history.Recorder
	healed := 0
	_, err := harness.Run(ctx, harness.Test{
		Cluster: &slow{}, Generator: reads(1_000_000), Processes: 2, Recorder: &rec,
		Fault: func(_ context.Context, op history.Op) history.Op {
			if op.F == history.HealAll {
				healed++
			}
			op.Kind = history.Info
			return op
		},
		OnEvent: func(op *history.Op) {
			if op.Index == 20 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) || healed != 1 {
		t.Errorf("%v, healed %d times; want cancelled, once", err, healed)
	}
	h := lines(t, &rec)
	for _, c := range h.Calls() {
		if c.Complete < 0 {
			t.Errorf("the completion of %+v was not awaited", h.Ops[c.Invoke])
		}
	}
}

// rogue offers an operation of a process that does not exist, or panics.
type rogue struct{ panics bool }

func (r rogue) Next(ctx generator.Context) (history.Op, generator.State, generator.Generator) {
	if r.panics {
		panic("no idea what to do next")
	}
	return history.Op{F: "read", Process: 99, Time: ctx.Time}, generator.Ready, r
}
func (r rogue) Update(generator.Context, history.Op) generator.Generator { return r }

// stuck waits for ever.
type stuck struct{}

func (stuck) Next(generator.Context) (history.Op, generator.State, generator.Generator) {
	return history.Op{}, generator.Pending, stuck{}
}
func (stuck) Update(generator.Context, history.Op) generator.Generator { return stuck{} }

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestABrokenRunEndsWithOneClearError(t *testing.T) {
	for name, test := range map[string]struct {
		g    generator.Generator
		rec  *history.Recorder
		want string
	}{
		"a process that does not exist": {rogue{}, history.NewRecorder(nil),
			"the generator gave read to process 99, which is not free"},
		"a panic": {rogue{panics: true}, history.NewRecorder(nil),
			"the run panicked: no idea what to do next"},
		"a generator that is stuck": {stuck{}, history.NewRecorder(nil),
			"the generator waits for an event, but no call is under way"},
		"a full disk": {reads(1), history.NewRecorder(full{}),
			"the history cannot be written: no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := harness.Run(context.Background(),
				harness.Test{Cluster: &slow{}, Generator: test.g, Processes: 1, Recorder: test.rec})
			if err == nil || err.Error() != test.want {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

// simulate runs a plan on Raft in the simulator.
func simulate(t testing.TB, p plan.Plan) (*history.History, []byte, checker.Result) {
	t.Helper()
	target := named(t, p.Target)
	workload, ok := workloads.Named(p.Workload)
	if !ok {
		t.Fatalf("no workload %s", p.Workload)
	}
	set := target.Protocol().Defaults()
	maps.Copy(set, p.Set)
	p.Set = set
	x := harness.Experiment{Plan: p, Workload: workload}
	cfg := x.Config(target, harness.NodeNames(p.Nodes))
	cfg.Log = &bytes.Buffer{}
	c, err := sim.Open(cfg, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var file bytes.Buffer
	rec := history.NewRecorder(&file)
	if _, err := x.Run(context.Background(), c, rec, nil); err != nil {
		t.Fatal(err)
	}
	if broken, ok := harness.BrokenInvariants(c); ok {
		t.Errorf("seed %d: %s", p.Seed, broken.Reason)
	}
	h, err := rec.History()
	if err != nil {
		t.Fatal(err)
	}
	all, err := x.Checker()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return h, file.Bytes(), checker.Safe(ctx, all, h)
}

func named(t testing.TB, name string) cluster.Simulable {
	t.Helper()
	for _, target := range bundled.All() {
		if target.Name() == name {
			return target
		}
	}
	t.Fatalf("no target %s", name)
	return nil
}

func faulty(seed uint64) plan.Plan {
	p := plan.Default()
	p.Faults, p.Seed, p.TimeLimit = []string{"partition", "kill", "pause", "links"}, seed, plan.Duration(20*time.Second)
	return p
}

// N4: the same plan gives the same bytes.
func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	for seed := range uint64(5) {
		_, first, _ := simulate(t, faulty(seed+1))
		_, second, _ := simulate(t, faulty(seed+1))
		if !bytes.Equal(first, second) {
			t.Errorf("seed %d: two runs differ", seed+1)
		}
		if _, other, _ := simulate(t, faulty(seed+2)); bytes.Equal(first, other) {
			t.Errorf("seeds %d and %d give the same run", seed+1, seed+2)
		}
	}
}

// Every workload is valid on a correct Raft under every fault, and passes the gate: the run was
// not vacuous.
func TestCorrectRaftIsValidUnderEveryWorkload(t *testing.T) {
	for _, w := range workloads.All() {
		t.Run(w.Name, func(t *testing.T) {
			for seed := range uint64(3) {
				p := faulty(100 + seed)
				p.Workload = w.Name
				if _, _, r := simulate(t, p); r.Verdict != checker.Valid {
					t.Errorf("seed %d: %v: %s", p.Seed, r.Verdict, r.Reason)
				}
			}
		})
	}
}

// Local reads are the negative control: they must be convicted, with the stale read named.
func TestLocalReadsAreConvicted(t *testing.T) {
	for seed := range uint64(5) {
		p := faulty(200 + seed)
		p.Set = map[string]string{"reads": "local"}
		_, _, r := simulate(t, p)
		if r.Verdict != checker.Invalid || len(r.Evidence) == 0 {
			t.Errorf("seed %d: %v: %s", p.Seed, r.Verdict, r.Reason)
			continue
		}
		var said []string
		for _, claim := range r.Evidence[0].Why {
			said = append(said, claim.Text)
		}
		if all := strings.Join(said, "\n"); r.Evidence[0].Kind != "stale-read" ||
			!strings.Contains(all, "so it must see") {
			t.Errorf("seed %d: %s is not explained as a stale read:\n%s", p.Seed, r.Evidence[0].Kind, all)
		}
	}
}
