package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/plan"
)

var space = plan.Space{
	Workloads:      []string{"register"},
	Nodes:          []int{1, 2, 3, 4, 5, 6, 7},
	Faults:         []plan.Fault{{Name: "partition", Nodes: 2}, {Name: "kill", Nodes: 1}, {Name: "pause", Nodes: 1}},
	FaultIntervals: []plan.Duration{plan.Duration(time.Second), plan.Duration(10 * time.Second)},
	TimeLimits:     []plan.Duration{plan.Duration(5 * time.Second), plan.Duration(30 * time.Second)},
	Rates:          []float64{20, 100, 500},
	Concurrencies:  []plan.Concurrency{"1n", "3n"},
	Settings: []plan.Choice{{Name: "reads", Values: []string{"index", ""}},
		{Name: "election-ticks", Values: []string{"6", "20"}}},
}

// features lists a plan's parts, each as name=value.
func features(p plan.Plan) []string {
	some := []string{
		"workload=" + p.Workload, fmt.Sprintf("nodes=%d", p.Nodes), "fault-interval=" + p.FaultInterval.String(),
		"time-limit=" + p.TimeLimit.String(), fmt.Sprintf("rate=%g", p.Rate), "concurrency=" + string(p.Concurrency),
		fmt.Sprintf("faults=%d", len(p.Faults)),
	}
	for _, f := range p.Faults {
		some = append(some, "fault="+f)
	}
	for _, s := range space.Settings {
		some = append(some, s.Name+"="+p.Set[s.Name])
	}
	return some
}

// Every value is drawn about as often as expected, and the parts are independent.
func TestDrawCoversTheSpace(t *testing.T) {
	const seeds = 2000
	times := map[string]int{}
	for seed := range uint64(seeds) {
		p := plan.Draw(seed, plan.Default(), space)
		some := features(p)
		for i, a := range some {
			times[a]++
			for _, b := range some[i+1:] {
				times[a+" "+b]++
			}
		}
	}
	near := func(what string, ratio float64) {
		if got := float64(times[what]) / seeds; got < 0.75*ratio || got > 1.25*ratio {
			t.Errorf("%s in %.3f of all plans, want about %.3f", what, got, ratio)
		}
	}
	for n := 1; n <= 7; n++ {
		near(fmt.Sprintf("nodes=%d", n), 1./7)
	}
	for _, rate := range []string{"rate=20", "rate=100", "rate=500"} {
		near(rate, 1./3)
		near(rate+" concurrency=1n", 1./6)
		near(rate+" election-ticks=6", 1./6)
		near("time-limit=5s "+rate, 1./6)
	}
	near("reads=index election-ticks=20", 1./4)
	near("reads= election-ticks=20", 1./4)
	near("fault=kill", 1./2)
	near("fault=partition", 1./2*6/7) // not with a single node
	for n := range 4 {
		if times[fmt.Sprintf("faults=%d", n)] < seeds/20 {
			t.Errorf("%d faults in only %d of %d plans", n, times[fmt.Sprintf("faults=%d", n)], seeds)
		}
	}
	if n := times["fault-interval=10s time-limit=5s"]; n > 0 {
		t.Errorf("%d plans have no time for a fault", n)
	}
}

// L4: the same arguments give the same plan, and an addition to a space leaves the rest of the plan
// unchanged.
func TestDrawDependsOnItsArgumentsAlone(t *testing.T) {
	wider := space
	wider.Faults = append(slices.Clone(space.Faults), plan.Fault{Name: "clock", Nodes: 1})
	wider.Settings = append([]plan.Choice{{Name: "batch", Values: []string{"1", "64"}}}, space.Settings...)
	for seed := range uint64(200) {
		p := plan.Draw(seed, plan.Default(), space)
		if diff := cmp.Diff(p, plan.Draw(seed, plan.Default(), space)); diff != "" {
			t.Fatalf("seed %d draws two plans:\n%s", seed, diff)
		}
		q := plan.Draw(seed, plan.Default(), wider)
		delete(q.Set, "batch")
		q.Faults = slices.DeleteFunc(q.Faults, func(f string) bool { return f == "clock" })
		if diff := cmp.Diff(p, q); diff != "" {
			t.Fatalf("seed %d: a wider space changes the rest of the plan:\n%s", seed, diff)
		}
	}
}

// A pinned plan: the meaning of a seed includes how plans are drawn, which must not change
// unnoticed.
func TestDrawOfASeed(t *testing.T) {
	got := strings.Join(features(plan.Draw(16170, plan.Default(), space)), " ")
	want := "workload=register nodes=2 fault-interval=10s time-limit=30s rate=100 concurrency=1n faults=3 " +
		"fault=partition fault=kill fault=pause reads= election-ticks=20"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWhatIsApartIsNotDrawnTogether(t *testing.T) {
	apart := space
	apart.Apart = [][2]string{{"reads=index", "pause"}, {"kill", "election-ticks=6"}}
	gaveWay, both := 0, 0
	for seed := range uint64(200) {
		base := plan.Default()
		base.Set["election-ticks"] = "10"
		free, p := plan.Draw(seed, base, space), plan.Draw(seed, base, apart)
		paused, killed := slices.Contains(p.Faults, "pause"), slices.Contains(p.Faults, "kill")
		if p.Set["reads"] == "index" && paused || killed && p.Set["election-ticks"] == "6" {
			t.Fatalf("seed %d has what is apart: %s", seed, p)
		}
		if killed && free.Set["election-ticks"] == "6" {
			if gaveWay++; p.Set["election-ticks"] != "10" {
				t.Fatalf("seed %d: a setting that gives way is %q, want that of base", seed, p.Set["election-ticks"])
			}
		}
		if paused || killed {
			both++
		}
		if base.Set["election-ticks"] != "10" || len(base.Set) != 1 {
			t.Fatalf("drawing changed base: %v", base.Set)
		}
	}
	if gaveWay == 0 || both == 0 {
		t.Errorf("the test has seen too little: %d, %d", gaveWay, both)
	}
}

// A fault that attacks a setting comes with it more often than by chance, and every other plan is
// unchanged.
func TestAttacksComeWithWhatTheyAttack(t *testing.T) {
	attacked := space
	attacked.Attacks = [][2]string{{"reads=index", "kill"}, {"reads=index", "partition"}}
	const seeds = 2000
	with, killed := 0, 0
	for seed := range uint64(seeds) {
		free, p := plan.Draw(seed, plan.Default(), space), plan.Draw(seed, plan.Default(), attacked)
		if free.Set["reads"] != "index" || len(free.Faults) == 0 {
			if diff := cmp.Diff(free, p); diff != "" {
				t.Fatalf("seed %d has nothing that is attacked, or no fault at all, and another plan:\n%s", seed, diff)
			}
			continue
		}
		if slices.Contains(p.Faults, "partition") && p.Nodes < 2 {
			t.Fatalf("seed %d cannot suffer its faults: %s", seed, p)
		}
		for _, f := range free.Faults {
			if !slices.Contains(p.Faults, f) {
				t.Fatalf("seed %d lost its %s", seed, f)
			}
		}
		with++
		if slices.Contains(p.Faults, "kill") {
			killed++
		}
	}
	if ratio := float64(killed) / float64(with); with < seeds/4 || ratio < 0.7 {
		t.Errorf("%d plans of %d with reads=index have the fault that attacks it (%.2f), want seven of ten at least",
			killed, with, ratio)
	}
}

// Pinned parts stay: of a pair the drawn part is dropped, and if both are pinned, both stay.
func TestWhatIsPinnedDoesNotGiveWay(t *testing.T) {
	apart := space
	apart.Apart = [][2]string{{"reads=index", "election-ticks=6"}, {"pause", "kill"}}
	apart.Settings = space.Settings[:1]
	base := plan.Default()
	base.Set["election-ticks"] = "6"
	for seed := range uint64(100) {
		if p := plan.Draw(seed, base, apart); p.Set["election-ticks"] != "6" || p.Set["reads"] == "index" {
			t.Fatalf("seed %d has what is apart, or lost what is pinned: %v", seed, p.Set)
		}
	}
	base.Faults, apart.Faults = []string{"pause", "kill"}, nil
	if p := plan.Draw(1, base, apart); len(p.Faults) != 2 {
		t.Errorf("of the pinned faults %v are left", p.Faults)
	}
}

// L3, for every space of known names and every valid base.
func TestDrawnPlansAreValid(t *testing.T) {
	durations := rapid.SliceOf(rapid.Map(rapid.Int64Range(1, int64(time.Hour)), func(d int64) plan.Duration {
		return plan.Duration(d)
	}))
	rapid.Check(t, func(t *rapid.T) {
		s := plan.Space{
			Workloads:      rapid.SliceOf(rapid.SampledFrom(known.Workloads)).Draw(t, "workloads"),
			Nodes:          rapid.SliceOf(rapid.IntRange(1, 9)).Draw(t, "nodes"),
			FaultIntervals: durations.Draw(t, "intervals"),
			TimeLimits:     durations.Draw(t, "limits"),
			Rates:          rapid.SliceOf(rapid.Float64Range(0.01, 1e6)).Draw(t, "rates"),
			Concurrencies: rapid.SliceOf(rapid.SampledFrom([]plan.Concurrency{"1", "2n", "100"})).
				Draw(t, "concurrencies"),
		}
		for _, f := range rapid.SliceOfDistinct(rapid.SampledFrom(known.Faults), rapid.ID).Draw(t, "faults") {
			s.Faults = append(s.Faults, plan.Fault{Name: f, Nodes: rapid.IntRange(1, 4).Draw(t, "least")})
		}
		for _, k := range known.Settings {
			values := k.Values
			if len(values) == 0 {
				values = []string{"", "1", "40"}
			}
			s.Settings = append(s.Settings, plan.Choice{Name: k.Name,
				Values: rapid.SliceOf(rapid.SampledFrom(values)).Draw(t, k.Name)})
		}
		terms := append([]string{"reads=index", "reads=local", "election-ticks=40"}, known.Faults...)
		for range rapid.IntRange(0, 3).Draw(t, "apart") {
			s.Apart = append(s.Apart, [2]string{rapid.SampledFrom(terms).Draw(t, "one"),
				rapid.SampledFrom(terms).Draw(t, "other")})
		}
		p := plan.Draw(rapid.Uint64().Draw(t, "seed"), plan.Default(), s)
		if err := p.Validate(known); err != nil {
			t.Fatalf("%v in\n%s", err, p)
		}
		for _, f := range s.Faults {
			if slices.Contains(p.Faults, f.Name) && p.Nodes < f.Nodes {
				t.Fatalf("%s takes %d nodes, and there are %d", f.Name, f.Nodes, p.Nodes)
			}
		}
	})
}

// L5: luck changes the seed of a plan and nothing else.
func TestLuckLeavesThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, luck := rapid.Uint64().Draw(t, "seed"), rapid.Uint64Range(0, 1<<31).Draw(t, "luck")
		first, again := plan.Draw(seed, plan.Default(), space), plan.Draw(plan.Again(seed, luck), plan.Default(), space)
		if again.Seed != plan.Again(seed, luck) {
			t.Fatalf("the plan has seed %d", again.Seed)
		}
		again.Seed = first.Seed
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatal(diff)
		}
	})
	if plan.Again(plan.Again(7, 3), 0) != 7 || plan.Again(7, 1) == plan.Again(7, 2) {
		t.Error("luck is not told apart from the rest of a seed")
	}
}
