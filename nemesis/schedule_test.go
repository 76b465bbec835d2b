package nemesis_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/generator/gentest"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
)

// schedule writes the faults of a run as "1.234 kill #1 leader n2".
func schedule(t *testing.T, w gentest.World, g generator.Generator) []string {
	t.Helper()
	events, err := w.Run(g)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range events {
		if e.Kind != history.Invoke || e.Process != history.Nemesis {
			continue
		}
		var f history.Fault
		if err := json.Unmarshal(e.Value, &f); err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%.3f %s #%d %s %v", e.Time.Seconds(), e.F, f.ID, f.Shape, f.Nodes)
		lines = append(lines, strings.TrimSuffix(line, "  []"))
	}
	return lines
}

func TestSchedule(t *testing.T) {
	spec := nemesis.Spec{Faults: []string{"partition", "kill"}, Seed: 16170}
	got := schedule(t, gentest.World{Nodes: five}, generator.TimeLimit(20*time.Second, nemesis.Schedule(spec)))
	want := []string{
		"3.541 start-partition #1 leader [n5]",
		"3.696 kill #2 minority [n4 n2]",
		"6.953 stop-partition #1",
		"8.789 start #2",
		"10.210 kill #3 leader [n4]",
		"11.592 start-partition #4 leader-one-way [n5]",
		"12.156 start #3",
		"16.776 kill #5 one [n4]",
		"17.202 stop-partition #4",
		"18.650 start #5",
		"19.667 start-partition #6 one [n2]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
}

// Clients that draw from the interpreter's random numbers do not change which faults come (F1).
func TestScheduleIsTheSameBesideClients(t *testing.T) {
	spec := nemesis.Spec{Faults: nemesis.Names(), Seed: 3, Interval: 200 * time.Millisecond}
	alone := schedule(t, gentest.World{Nodes: five, Seed: 1},
		generator.TimeLimit(5*time.Second, nemesis.Schedule(spec)))
	clients := generator.Rate(500, generator.Repeat(history.Op{F: "read"}))
	beside := schedule(t, gentest.World{Nodes: five, Seed: 2, Clients: 3},
		generator.TimeLimit(5*time.Second, generator.Together(clients, nemesis.Schedule(spec))))
	if diff := cmp.Diff(alone, beside); diff != "" || len(alone) < 100 {
		t.Errorf("%d faults alone, and beside clients (-alone +beside):\n%s", len(alone), diff)
	}
}

// What the table of kinds says of sizes and lengths.
func TestDrawsAreInRange(t *testing.T) {
	spec := nemesis.Spec{Faults: []string{"hold", "clock", "drift", "disk", "crash", "transfer"}, Seed: 5,
		Interval: time.Second}
	events, err := gentest.World{Nodes: five}.Run(generator.TimeLimit(1000*time.Second, nemesis.Schedule(spec)))
	if err != nil {
		t.Fatal(err)
	}
	type span struct{ least, most float64 }
	seen := map[string]span{}
	see := func(what string, v float64) {
		s, known := seen[what]
		if !known {
			s = span{v, v}
		}
		seen[what] = span{min(s.least, v), max(s.most, v)}
	}
	began := map[string]time.Duration{}
	for _, e := range events {
		if e.Kind != history.Invoke || e.Process != history.Nemesis {
			continue
		}
		var f history.Fault
		if err := json.Unmarshal(e.Value, &f); err != nil {
			t.Fatal(err)
		}
		if f.Phase == history.Stop {
			see(f.Fault, (e.Time - began[f.Fault]).Seconds())
			continue
		}
		began[f.Fault] = e.Time
		for name, value := range f.Set {
			var text string
			var number float64
			if d, err := time.ParseDuration(strings.Trim(string(value), `"`)); err == nil &&
				json.Unmarshal(value, &text) == nil {
				see("set "+name, d.Seconds())
			} else if json.Unmarshal(value, &number) == nil {
				see("set "+name, number)
			}
		}
	}
	for what, want := range map[string]span{
		"hold": {0.3, 3}, "transfer": {0.3, 1.5}, "clock": {0.1, 1.2}, "set offset": {-10, 10},
		"set drift": {-0.2, 0.2},
		"set delay": {0.002, 0.5}, "set draw": {0, 1 << 20},
	} {
		got, width := seen[what], want.most-want.least
		if got.least < want.least || got.most > want.most || got.least > want.least+width/5 ||
			got.most < want.most-width/5 {
			t.Errorf("%s is from %g to %g, want from about %g to %g", what, got.least, got.most, want.least, want.most)
		}
	}
}

func TestSpecCheck(t *testing.T) {
	cases := []struct {
		spec  nemesis.Spec
		nodes int
		want  string
	}{
		{nemesis.Spec{Faults: nemesis.Names()}, 2, ""},
		{nemesis.Spec{Faults: []string{"members"}}, 1, "fault members needs 2 nodes; there are only 1"},
		{nemesis.Spec{Faults: []string{"kil"}}, 5,
			`no fault is named "kil": want some of ` + strings.Join(nemesis.Names(), ", ")},
		{nemesis.Spec{Faults: []string{"kill", "pause", "kill"}}, 5, "fault kill is named twice"},
		{nemesis.Spec{Interval: -time.Second}, 5, "interval of faults is -1s: it must not be negative"},
		{nemesis.Spec{Faults: []string{"links"}}, 1, "fault links needs 2 nodes; there are only 1"},
	}
	for _, c := range cases {
		got := ""
		if err := c.spec.Check(c.nodes); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v of %d nodes: got %q, want %q", c.spec.Faults, c.nodes, got, c.want)
		}
	}
}

// What each shape means, for clusters of every size and every draw.
func TestShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var nodes []history.NodeID
		for i := range rapid.IntRange(1, 9).Draw(t, "nodes") {
			nodes = append(nodes, history.NodeID(fmt.Sprintf("n%d", i+1)))
		}
		spec := nemesis.Spec{Faults: nemesis.Names(), Seed: rapid.Uint64().Draw(t, "seed"), Interval: time.Second}
		world := newFake()
		n := nemesis.New(world, nodes)
		sim := gentest.World{Nodes: nodes, Stop: 40, Complete: func(op history.Op) (history.Op, time.Duration) {
			return n.Apply(t.Context(), op), 0
		}}
		events, err := sim.Run(nemesis.Schedule(spec))
		if err != nil {
			t.Fatal(err)
		}
		h, err := history.New(events)
		if err != nil {
			t.Fatal(err)
		}
		if len(world.wrong) > 0 {
			t.Fatalf("ought not to have been done: %v", world.wrong)
		}
		for _, w := range h.Windows() {
			if w.Ended && !w.Bit {
				t.Fatalf("a fault did not bite: %+v", w)
			}
			hears := func(a, b history.NodeID) bool { return !slices.Contains(w.Cut[a], b) }
			size, count := len(nodes), len(w.Nodes)
			ok := true
			switch w.Shape {
			case "one", "leader":
				ok = count == 1
			case "minority", "halves":
				ok = count > 0 && 2*count < size
			case "majority":
				ok = 2*(count-1) <= size // fewer where others are down or paused
			case "all":
				ok = count > 0
			case "majorities-ring":
				views := map[string]bool{}
				for _, a := range nodes {
					view := ""
					for _, b := range nodes {
						if hears(a, b) {
							view += string(b)
						}
						ok = ok && hears(a, b) == hears(b, a)
					}
					ok = ok && 2*(size-len(w.Cut[a])) > size && len(w.Cut[a]) > 0
					views[view] = true
				}
				ok = ok && len(views) == size
			case "bridge":
				ok = len(w.Cut[w.Nodes[0]]) == 0 && len(w.Cut) == size-1
			case "one-way", "leader-one-way":
				deaf := len(w.Cut[w.Nodes[0]]) == size-1 && len(w.Cut) == 1
				mute := len(w.Cut[w.Nodes[0]]) == 0 && len(w.Cut) == size-1
				ok = deaf != mute || size == 2 && deaf
			}
			if !ok {
				t.Fatalf("%s of %d nodes is not what it says: %+v", w.Shape, size, w.Fault)
			}
		}
	})
}
