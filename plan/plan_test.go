package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/plan"
)

var known = plan.Known{
	Targets: []string{"raft", "zab"}, Backends: []string{"auto", "sim", "local", "docker"},
	Workloads: []string{"register"},
	Faults:    []string{"partition", "kill", "pause"}, Bugs: []string{"raft/commit-old-term"},
	Settings: []plan.Setting{{Name: "election-ticks"}, {Name: "reads", Values: []string{"index", "local"}}},
}

func TestAnEmptyPlanIsTheDefaultAndValid(t *testing.T) {
	p, err := plan.Parse(strings.NewReader(""), plan.Default())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plan.Default(), p); diff != "" {
		t.Errorf("(-default +parsed):\n%s", diff)
	}
	if err := p.Validate(known); err != nil {
		t.Error(err)
	}
}

func TestBadPlansAreOneClearLine(t *testing.T) {
	for in, want := range map[string]string{
		"nodes: 5\nfualts: [kill]\n":  "line 2: no such key: fualts (did you mean faults?)",
		"colour: blue\n":              "line 1: no such key: colour (there are name, target",
		"time-limit: soon\n":          `line 1: "soon" is no duration`,
		"nodes: many\n":               "line 1: cannot unmarshal",
		"nodes: 0\n":                  "nodes: 0 is not from 1 to 9",
		"target: rafd\n":              `target: no such name: "rafd" (did you mean raft?)`,
		"faults: [earthquake]\n":      `faults: no such name: "earthquake" (there are partition, kill, pause)`,
		"faults: [kill, kill]\n":      "faults: kill is named twice",
		"rate: -1\n":                  "rate: -1 is not",
		"concurrency: lots\n":         `concurrency: "lots" is neither`,
		"set: {reads: stale}\n":       "set: reads=stale: want one of index, local",
		"set: {raeds: local}\n":       `set: no such name: "raeds" (did you mean reads?)`,
		"set: {election-ticks: -3}\n": "set: election-ticks=-3: want a whole number from 1",
		"set: {reads: \"a\\nb\"}\n":   "set: reads=a b: want one of index, local",
		"rate: .nan\n":                "rate: NaN is not from above 0",
		"bug: raft/unknown\n":         `bug: no such name: "raft/unknown"`,
		"name: ../up\n":               `name: "../up" cannot name a directory`,
		"name: \"a\\tb\"\n":           `name: "a\tb" cannot name a directory`,
		"nodes: 5\n---\nnodes: 3\n":   "more than one document",
		"{\n":                         "line 1: did not find expected node content",
		"heal-limit: 0s\n":            "heal-limit: 0s is not more than 0s",
		"schedule: [{fault: kill}]\n": "schedule: fault 1: kill is not among the faults",
		"schedule: [{fault: kil}]\n":  "schedule: fault 1: no such name: \"kil\" (did you mean kill?)",
		"schedule: [{fault: kill, at: -1s}]\nfaults: [kill]\n": "schedule: fault 1: at and for: want none below 0s",
		"calls: [{f: read, client: 10}]\n":                     "calls: call 1: client 10 is not from 0 to 9",
		"calls: [{f: read, at: -1s}]\n":                        "calls: call 1: at",
		"calls: [{client: 1}]\n":                               "calls: call 1: f is missing",
		"calls: [{f: read, key: \"\\n x\"}]\n": "calls: call 1: f, key, node: want no control " +
			"characters",
	} {
		p, err := plan.Parse(strings.NewReader(in), plan.Default())
		if err == nil {
			err = p.Validate(known)
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %q, want %s…", in, err, want)
		}
	}
}

// L1: a printed plan parses to the same plan.
func TestPrintedPlanIsThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plan.Default()
		p.Name = rapid.StringMatching(`[a-z0-9 :#'"-]*`).Draw(t, "name")
		p.Nodes = rapid.IntRange(1, 9).Draw(t, "nodes")
		p.Faults = rapid.SliceOfDistinct(rapid.SampledFrom(known.Faults), rapid.ID).Draw(t, "faults")
		p.TimeLimit = plan.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "limit"))
		p.Rate = rapid.Float64Range(0.01, 1e6).Draw(t, "rate")
		p.Seed = rapid.Uint64().Draw(t, "seed")
		p.Bug = rapid.SampledFrom([]string{"", "raft/commit-old-term"}).Draw(t, "bug")
		p.Set = map[string]string{"reads": "local", "election-ticks": "12"}
		p.Schedule = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) plan.Fixed {
			return plan.Fixed{At: plan.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "at")), Fault: "kill",
				For:   plan.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "for")),
				Shape: "one", Nodes: []string{"n1", "n2"}, Set: map[string]any{"delay": "5ms", "loss": 0.25}}
		}), 0, 3).Draw(t, "schedule")
		p.Calls = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) plan.Call {
			return plan.Call{At: plan.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "at")), Client: 3,
				F: "cas", Key: "k1", Value: plan.JSON(rapid.SampledFrom([]string{"", `[1,2]`, `"no: yes"`,
					`{"a":[true,"~"]}`, "12", `"12"`}).Draw(t, "value"))}
		}), 0, 3).Draw(t, "calls")
		again, err := plan.Parse(strings.NewReader(p.String()), plan.Plan{})
		if err != nil {
			t.Fatalf("%v in\n%s", err, p)
		}
		if diff := cmp.Diff(p, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-plan +parsed):\n%s", diff)
		}
	})
}

func TestConcurrency(t *testing.T) {
	for c, want := range map[plan.Concurrency]int{"1": 1, "10": 10, "2n": 10, "n": 0, "0": 0, "-1": 0, "2m": 0, "": 0} {
		if got := c.Of(5); got != want {
			t.Errorf("%q of 5 nodes = %d, want %d", c, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("nodes: 3\nset: {a: b}\n")
	f.Fuzz(func(t *testing.T, in string) {
		p, err := plan.Parse(strings.NewReader(in), plan.Default())
		if err == nil {
			err = p.Validate(known)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %v", err)
		}
	})
}
