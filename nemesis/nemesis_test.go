package nemesis_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
)

var five = []history.NodeID{"n1", "n2", "n3", "n4", "n5"}

func op(f, value string) history.Op {
	return history.Op{Process: history.Nemesis, F: f, Value: json.RawMessage(value)}
}

// Each case is a run of operations, what reaches the cluster, and what the last completion says.
func TestApply(t *testing.T) {
	kill := op("kill", `{"id":1,"fault":"kill","shape":"minority","nodes":["n2","n3"]}`)
	pause := op("pause", `{"id":2,"fault":"pause","shape":"one","nodes":["n3"]}`)
	cases := []struct {
		name   string
		broken []string
		ops    []history.Op
		calls  []string
		value  string
		err    string
	}{
		{
			name: "a fault that bites", ops: []history.Op{kill},
			calls: []string{"kill n2", "kill n3"},
			value: `{"id":1,"fault":"kill","phase":"start","shape":"minority","nodes":["n2","n3"],"bit":true,"proof":"kill n2 seen; kill n3 seen"}`,
		},
		{
			name: "its end", ops: []history.Op{kill, op("start", `{"id":1,"fault":"kill"}`)},
			calls: []string{"kill n2", "kill n3", "start n2", "start n3"},
			value: `{"id":1,"fault":"kill","phase":"stop","shape":"minority","nodes":["n2","n3"],"bit":true,"proof":"start n2 seen; start n3 seen"}`,
		},
		{
			name: "its end again", ops: []history.Op{kill, op("start", `{"id":1}`), op("start", `{"id":1}`)},
			calls: []string{"kill n2", "kill n3", "start n2", "start n3"},
			value: `null`,
		},
		{
			name: "half of it fails", broken: []string{"kill n3"}, ops: []history.Op{kill},
			calls: []string{"kill n2", "kill n3"},
			value: `{"id":1,"fault":"kill","phase":"start","shape":"minority","nodes":["n2","n3"],"bit":false,"proof":"kill n2 seen"}`,
			err:   "n3: it does not work",
		},
		{
			name: "what may have happened is undone", broken: []string{"kill n3"},
			ops:   []history.Op{kill, nemesis.Heal()},
			calls: []string{"kill n2", "kill n3", "start n2", "start n3"},
			value: `[{"id":1,"fault":"kill","phase":"stop","shape":"minority","nodes":["n2","n3"],"bit":false,"proof":"start n2 seen; start n3 seen"}]`,
		},
		{
			name: "a node that does not come back keeps the fault in force", broken: []string{"start n2"},
			ops:   []history.Op{kill, op("start", `{"id":1}`), op("start", `{"id":1}`)},
			calls: []string{"kill n2", "kill n3", "start n2", "start n3", "start n2"},
			value: `null`,
			err:   "n2: it does not work",
		},
		{
			name: "one of a kind at a time", ops: []history.Op{kill,
				op("kill", `{"id":3,"shape":"one","nodes":["n5"]}`)},
			calls: []string{"kill n2", "kill n3"},
			value: `null`,
			err:   "kill: number 1 is still in force",
		},
		{
			name: "pause spares the dead", ops: []history.Op{kill, pause},
			calls: []string{"kill n2", "kill n3", "pause n4"},
			value: `{"id":2,"fault":"pause","phase":"start","shape":"one","nodes":["n4"],"bit":true,"proof":"pause n4 seen"}`,
		},
		{
			name: "kill spares the paused", ops: []history.Op{pause, kill, op("resume", `{"id":2}`),
				op("start", `{"id":1}`)},
			calls: []string{"pause n3", "kill n2", "kill n4", "resume n3", "start n2", "start n4"},
			value: `{"id":1,"fault":"kill","phase":"stop","shape":"minority","nodes":["n2","n4"],"bit":true,"proof":"start n2 seen; start n4 seen"}`,
		},
		{
			name:  "nobody left to harm",
			ops:   []history.Op{op("kill", `{"id":1,"shape":"all","nodes":["n1","n2","n3","n4","n5"]}`), pause},
			calls: []string{"kill n1", "kill n2", "kill n3", "kill n4", "kill n5"},
			value: `null`,
			err:   "pause: no node is up",
		},
		{
			name: "a partition", ops: []history.Op{op("start-partition", `{"id":4,"shape":"one","nodes":["n2"]}`)},
			calls: []string{"cut {n1:[n2],n2:[n1,n3,n4,n5],n3:[n2],n4:[n2],n5:[n2]}"},
			value: `{"id":4,"fault":"partition","phase":"start","shape":"one","nodes":["n2"],` +
				`"cut":{"n1":["n2"],"n2":["n1","n3","n4","n5"],"n3":["n2"],"n4":["n2"],"n5":["n2"]},"bit":true,` +
				`"proof":"cut {n1:[n2],n2:[n1,n3,n4,n5],n3:[n2],n4:[n2],n5:[n2]} seen"}`,
		},
		{
			name: "whoever leads, by the latest term",
			ops: []history.Op{op("start-partition",
				`{"id":4,"shape":"leader-one-way","nodes":["n2"],"set":{"direction":"deaf"}}`)},
			calls: []string{"cut {n4:[n1,n2,n3,n5]}"},
			value: `{"id":4,"fault":"partition","phase":"start","shape":"leader-one-way","nodes":["n4"],"cut":{"n4":["n1","n2","n3","n5"]},` +
				`"set":{"direction":"deaf"},"bit":true,"proof":"cut {n4:[n1,n2,n3,n5]} seen"}`,
		},
		{
			name: "links",
			ops: []history.Op{
				op("start-links", `{"id":5,"shape":"delay","nodes":["n1"],"set":{"delay":"20ms","loss":0.25}}`),
				op("stop-links", `{"id":5}`),
			},
			calls: []string{"links {20ms 0s 0.25 0 0}", "links {0s 0s 0 0 0}"},
			value: `{"id":5,"fault":"links","phase":"stop","shape":"delay","nodes":["n1"],"set":{"delay":"20ms","loss":0.25},"bit":true,` +
				`"proof":"links {0s 0s 0 0 0} seen"}`,
		},
		{
			name: "links of no kind", ops: []history.Op{op("start-links",
				`{"id":5,"shape":"delay","nodes":["n1"],"set":{"speed":1}}`)},
			value: `null`, err: "setting speed of links: want delay, jitter, loss, duplicate or reorder",
		},
		{
			name: "held links",
			ops: []history.Op{
				op("start-hold", `{"id":6,"shape":"link","nodes":["n2","n3"]}`), op("stop-hold", `{"id":6}`),
			},
			calls: []string{"hold {n2:[n3]}", "release"},
			value: `{"id":6,"fault":"hold","phase":"stop","shape":"link","nodes":["n2","n3"],"cut":{"n2":["n3"]},"bit":true,"proof":"release seen"}`,
		},
		{
			name: "clocks that are wrong twice, and right again one after the other",
			ops: []history.Op{
				op("start-clock", `{"id":1,"shape":"one","nodes":["n2"],"set":{"offset":"-3s"}}`),
				op("start-drift", `{"id":2,"shape":"minority","nodes":["n1","n2"],"set":{"drift":-0.2}}`),
				op("stop-clock", `{"id":1}`), op("stop-drift", `{"id":2}`),
			},
			calls: []string{
				"skew n2 {-3s 0}", "skew n1 {0s -200000}", "skew n2 {-3s -200000}", "skew n2 {0s -200000}",
				"skew n1 {0s 0}", "skew n2 {0s 0}",
			},
			value: `{"id":2,"fault":"drift","phase":"stop","shape":"minority","nodes":["n1","n2"],"set":{"drift":-0.2},"bit":true,` +
				`"proof":"skew n1 {0s 0} seen; skew n2 {0s 0} seen"}`,
		},
		{
			name:  "clocks of no kind",
			ops:   []history.Op{op("start-clock", `{"id":1,"shape":"one","nodes":["n2"],"set":{"offset":3}}`)},
			value: `null`, err: "setting offset of clock: json: cannot unmarshal number into Go value of type string",
		},
		{
			name: "a slow disk",
			ops: []history.Op{
				op("start-disk", `{"id":1,"shape":"one","nodes":["n2"],"set":{"delay":"80ms"}}`),
				op("stop-disk", `{"id":1}`),
			},
			calls: []string{"slow n2 80ms", "slow n2 0s"},
			value: `{"id":1,"fault":"disk","phase":"stop","shape":"one","nodes":["n2"],"set":{"delay":"80ms"},"bit":true,"proof":"slow n2 0s seen"}`,
		},
		{
			name: "crashes at points: each node at another",
			ops: []history.Op{
				op("start-crash",
					`{"id":1,"shape":"minority","nodes":["n2","n4"],"set":{"draw":5,"moment":"before-send"}}`),
			},
			calls: []string{"crash n2 at lead before-send", "crash n4 at vote before-send"},
			value: `{"id":1,"fault":"crash","phase":"start","shape":"minority","nodes":["n2","n4"],` +
				`"set":{"moment":"before-send","points":["lead","vote"]},"bit":false,` +
				`"proof":"crash n2 at lead before-send seen; crash n4 at vote before-send seen"}`,
		},
		{
			name: "crashes that bit, at points that were named",
			ops: []history.Op{
				op("start-crash",
					`{"id":1,"shape":"one","nodes":["n2"],"set":{"points":["append"],"moment":"after-send"}}`),
				kill, op("stop-crash", `{"id":1}`),
			},
			calls: []string{"crash n2 at append after-send", "kill n4", "kill n3", "start n2"},
			value: `{"id":1,"fault":"crash","phase":"stop","shape":"one","nodes":["n2"],"set":{"moment":"after-send","points":["append"]},` +
				`"bit":true,"proof":"start n2 seen"}`,
		},
		{
			name: "who leaves comes back",
			ops: []history.Op{
				op("start-members", `{"id":1,"shape":"minority","nodes":["n3","n1"]}`), op("stop-members", `{"id":1}`),
			},
			calls: []string{"add , remove n3", "add , remove n1", "add n3, remove", "add n1, remove"},
			value: `{"id":1,"fault":"members","phase":"stop","shape":"minority","nodes":["n3","n1"],"bit":true,` +
				`"proof":"add n3, remove seen; add n1, remove seen"}`,
		},
		{
			name:  "leadership goes to somebody else than who has it",
			ops:   []history.Op{op("start-transfer", `{"id":1,"shape":"one","nodes":["n4"]}`)},
			calls: []string{`transfer to "n5"`},
			value: `{"id":1,"fault":"transfer","phase":"start","shape":"one","nodes":["n5"],"bit":false,"proof":"transfer to \"n5\" seen"}`,
		},
		{
			name: "a damaged disk is replaced",
			ops: []history.Op{
				op("start-disk-loss", `{"id":1,"shape":"one","nodes":["n2"],"set":{"harm":"rot"}}`),
				op("stop-disk-loss", `{"id":1}`),
			},
			calls: []string{"kill n2", "rot n2", "wipe n2", "start n2"},
			value: `{"id":1,"fault":"disk-loss","phase":"stop","shape":"one","nodes":["n2"],"set":{"harm":"rot"},"bit":true,` +
				`"proof":"n2 refused to start (its disk is damaged); wipe n2 seen; start n2 seen"}`,
		},
		{name: "no such fault", ops: []history.Op{op("flood", `{"id":1}`)}, value: `null`,
			err: "flood: unknown fault"},
		{
			name: "no such node", ops: []history.Op{op("kill", `{"id":1,"shape":"one","nodes":["n9"]}`)},
			value: `null`, err: `kill: no shape "one" of [n9]`,
		},
		{name: "heal with nothing in force", ops: []history.Op{nemesis.Heal()}, value: `null`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			world := newFake()
			world.leader = "n4"
			for _, call := range c.broken {
				world.broken[call] = true
			}
			n := nemesis.New(world, five)
			var done history.Op
			for _, op := range c.ops {
				done = n.Apply(context.Background(), op)
			}
			if done.Kind != history.Info || done.Process != history.Nemesis {
				t.Errorf("completion is %s of %s, want info of nemesis", done.Kind, done.Process)
			}
			if diff := cmp.Diff(c.calls, world.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.value, string(done.Value)); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.err, done.Err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if len(world.wrong) > 0 {
				t.Errorf("ought not to have been done: %v", world.wrong)
			}
		})
	}
}

// settings are what some kinds of faults must be told.
var settings = map[string]history.Settings{
	"clock":     {"offset": json.RawMessage(`"1s"`)},
	"drift":     {"drift": json.RawMessage(`0.1`)},
	"disk":      {"delay": json.RawMessage(`"10ms"`)},
	"crash":     {"draw": json.RawMessage(`1`), "moment": json.RawMessage(`"after-send"`)},
	"disk-loss": {"harm": json.RawMessage(`"rot"`)},
}

// Whatever was done, in whatever order and with whatever failures: heal-all leaves a whole cluster
// (F4, F5), and nobody was harmed twice (F3).
func TestHealAllEndsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := five[:rapid.IntRange(1, 5).Draw(t, "nodes")]
		world := newFake()
		n := nemesis.New(world, nodes)
		for id := range rapid.IntRange(0, 20).Draw(t, "operations") {
			kind, _ := nemesis.Named(rapid.SampledFrom(nemesis.Names()).Draw(t, "fault"))
			var shapes []string
			for _, s := range kind.Shapes {
				if s.Least <= len(nodes) {
					shapes = append(shapes, s.Name)
				}
			}
			if len(shapes) == 0 {
				continue
			}
			world.leader = rapid.SampledFrom(nodes).Draw(t, "leader")
			world.broken = map[string]bool{}
			breakable := []string{
				"kill n1", "start n1", "pause n2", "resume n2", "heal", "release", "skew n1 {0s 0}", "skew n2 {1s 0}",
				"slow n1 0s",
				"wipe n1", "rot n2", "crash n1 at append after-send", "add n1, remove", `transfer to ""`,
			}
			for _, call := range rapid.SliceOfN(rapid.SampledFrom(breakable), 0, 3).Draw(t, "broken") {
				world.broken[call] = true
			}
			f := history.Fault{ID: 1 + id/2, Shape: rapid.SampledFrom(shapes).Draw(t, "shape"),
				Set: settings[kind.Name]}
			f.Nodes = rapid.SliceOfNDistinct(rapid.SampledFrom(nodes), min(2, len(nodes)), len(nodes), rapid.ID).
				Draw(t, "victims")
			value, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			n.Apply(context.Background(), op(rapid.SampledFrom([]string{kind.Start, kind.Stop}).Draw(t, "f"),
				string(value)))
		}
		world.broken = map[string]bool{}
		if done := n.Apply(context.Background(), nemesis.Heal()); done.Err != "" {
			t.Fatal(done.Err)
		}
		if left := world.harmed(); len(left) > 0 {
			t.Fatalf("after heal-all %v; calls were %v", left, world.calls)
		}
		if again := n.Apply(context.Background(), nemesis.Heal()); string(again.Value) != "null" {
			t.Fatalf("heal-all a second time ended %s", again.Value)
		}
	})
}

func TestMissing(t *testing.T) {
	cases := []struct {
		name    string
		faults  []string
		cluster any
		want    string
	}{
		{"nothing is asked", nil, struct{}{}, ""},
		{"all there is", nemesis.Names(), newFake(), ""},
		{"a power is missing", []string{"links", "kill"}, struct{ cluster.Killer }{},
			"cannot inject links: it supports kill"},
		{"no power", []string{"kill", "pause"}, struct{}{}, "cannot inject kill, pause: it supports no fault"},
		{"only the type matters", []string{"pause"}, (*fake)(nil), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if err := nemesis.Missing(c.faults, c.cluster); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestKindsAreNamedOnce(t *testing.T) {
	var fs []string
	for _, k := range nemesis.Kinds() {
		fs = append(fs, k.Start, k.Stop)
		if k.Doc == "" || k.Power == "" {
			t.Errorf("kind %s is not whole: %+v", k.Name, k)
		}
		var shapes []string
		for _, s := range k.Shapes {
			if s.Doc == "" || s.Weight < 1 || s.Least < 1 {
				t.Errorf("shape %s of %s is not whole: %+v", s.Name, k.Name, s)
			}
			shapes = append(shapes, s.Name)
		}
		if slices.Sort(shapes); len(slices.Compact(shapes)) != len(k.Shapes) {
			t.Errorf("%s has two shapes of one name", k.Name)
		}
	}
	n := len(fs)
	if slices.Sort(fs); len(slices.Compact(fs)) != n {
		t.Errorf("two operations have one name: %v", fs)
	}
}
