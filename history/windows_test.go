package history_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/history"
)

func TestWindows(t *testing.T) {
	harm := func(at time.Duration, kind history.Kind, f, value string) history.Op {
		return history.Op{Time: at, Process: history.Nemesis, Kind: kind, F: f, Value: json.RawMessage(value)}
	}
	cut := func(phase history.Phase, bit bool, proof string) history.Fault {
		f := history.Fault{ID: 1, Fault: "partition", Phase: history.Start, Shape: "one", Nodes: []history.NodeID{"n1"}}
		f.Phase, f.Bit, f.Proof = phase, bit, proof
		return f
	}
	begin := []history.Op{
		harm(1, history.Invoke, "start-partition",
			`{"id":1,"fault":"partition","phase":"start","shape":"one","nodes":["n1"]}`),
		harm(2, history.Info, "start-partition",
			`{"id":1,"fault":"partition","phase":"start","shape":"one","nodes":["n1"],"bit":true,"proof":"rules set"}`),
	}
	cases := []struct {
		name string
		ops  []history.Op
		want []history.Window
	}{
		{"no faults", nil, nil},
		{
			"ended", append(begin[:2:2],
				harm(8, history.Invoke, "stop-partition", `{"id":1,"fault":"partition","phase":"stop"}`),
				harm(9, history.Info, "stop-partition",
					`{"id":1,"fault":"partition","phase":"stop","bit":false,"proof":"nothing lost"}`)),
			[]history.Window{{cut(history.Start, false, "rules set; nothing lost"), 1, 9, true, 0, 3}},
		},
		{
			"ended with all others", append(begin[:2:2],
				harm(8, history.Invoke, history.HealAll, `null`),
				harm(9, history.Info, history.HealAll,
					`[{"id":1,"fault":"partition","phase":"stop","bit":true,"proof":"3 lost"}]`)),
			[]history.Window{{cut(history.Start, true, "rules set; 3 lost"), 1, 9, true, 0, 3}},
		},
		{
			"never ended", append(begin[:2:2], harm(5, history.Invoke, history.HealAll, `null`)),
			[]history.Window{{cut(history.Start, true, "rules set"), 1, 5, false, 0, -1}},
		},
		{"not known to have begun", begin[:1], []history.Window{{cut(history.Start, false, ""), 1, 1, false, 0, -1}}},
		{"refused", []history.Op{begin[0], harm(3, history.Info, "start-partition", `null`)}, nil},
		{
			"Jepsen's pairs of infos",
			[]history.Op{
				harm(1, history.Info, "start-partition", `"majority"`),
				harm(2, history.Info, "start-partition", `["isolated",{"n1":["n2"],"n2":["n1"]}]`),
				harm(7, history.Info, "stop-partition", `null`),
				harm(8, history.Info, "stop-partition", `"network-healed"`),
			},
			[]history.Window{{history.Fault{ID: 1, Fault: "partition", Phase: history.Start, Shape: "majority",
				Cut: history.Grudge{"n1": {"n2"}, "n2": {"n1"}}}, 1, 8, true, 0, 3}},
		},
		{
			"a start and a stop without more, in single events",
			[]history.Op{harm(1, history.Info, "start", `"majority"`), harm(2, history.Info, "stop", `null`)},
			[]history.Window{{history.Fault{ID: 1, Fault: "fault", Phase: history.Start, Shape: "majority"}, 1, 2, true,
				0, 1}},
		},
		{
			"a start that ends a kill, and a pause that is not ended",
			[]history.Op{
				harm(1, history.Info, "kill", `"one"`), harm(2, history.Info, "kill", `{"n3":"killed"}`),
				harm(3, history.Info, "pause", `["n1"]`), harm(4, history.Info, "pause", `{"n1":"paused"}`),
				harm(5, history.Info, "start", `"all"`), harm(6, history.Info, "start", `{"n3":"started"}`),
				harm(7, history.Info, "check-offsets", `null`),
			},
			[]history.Window{
				{history.Fault{ID: 1, Fault: "kill", Phase: history.Start, Shape: "one", Nodes: []history.NodeID{"n3"}},
					1, 6, true, 0, 5},
				{history.Fault{ID: 2, Fault: "pause", Phase: history.Start, Nodes: []history.NodeID{"n1"}}, 3, 7, false,
					2, -1},
			},
		},
		{
			"one after another, the words of the end fewer",
			[]history.Op{
				harm(1, history.Info, "start-partition-halves", `null`),
				harm(2, history.Info, "stop-partition", `null`),
				harm(3, history.Info, "start-partition-halves", `null`),
				harm(4, history.Info, "stop-partition", `null`),
				harm(4, history.Info, "start", `"all"`),
			},
			[]history.Window{
				{history.Fault{ID: 1, Fault: "partition-halves", Phase: history.Start}, 1, 2, true, 0, 1},
				{history.Fault{ID: 2, Fault: "partition-halves", Phase: history.Start}, 3, 4, true, 2, 3},
			},
		},
		{
			"beside ours", append(begin[:2:2], harm(3, history.Info, "kill", `"n2"`),
				harm(4, history.Info, "kill", `"killed"`), harm(8, history.Invoke, history.HealAll, `null`),
				harm(9, history.Info, history.HealAll, `[{"id":1,"fault":"partition","phase":"stop","bit":true,"proof":"3 lost"}]`)),
			[]history.Window{
				{cut(history.Start, true, "rules set; 3 lost"), 1, 9, true, 0, 5},
				{history.Fault{ID: 2, Fault: "kill", Phase: history.Start, Shape: "n2"}, 3, 9, false, 2, -1},
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h, err := history.New(c.ops)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, h.Windows()); diff != "" {
				t.Errorf("windows (-want +got):\n%s", diff)
			}
		})
	}
}
