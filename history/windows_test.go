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
		harm(1, history.Invoke, "start-partition", `{"id":1,"fault":"partition","phase":"start","shape":"one","nodes":["n1"]}`),
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
				harm(9, history.Info, "stop-partition", `{"id":1,"fault":"partition","phase":"stop","bit":false,"proof":"nothing lost"}`)),
			[]history.Window{{cut(history.Start, false, "rules set; nothing lost"), 1, 9, true}},
		},
		{
			"ended with all others", append(begin[:2:2],
				harm(8, history.Invoke, history.HealAll, `null`),
				harm(9, history.Info, history.HealAll, `[{"id":1,"fault":"partition","phase":"stop","bit":true,"proof":"3 lost"}]`)),
			[]history.Window{{cut(history.Start, true, "rules set; 3 lost"), 1, 9, true}},
		},
		{
			"never ended", append(begin[:2:2], harm(5, history.Invoke, history.HealAll, `null`)),
			[]history.Window{{cut(history.Start, true, "rules set"), 1, 5, false}},
		},
		{"not known to have begun", begin[:1], []history.Window{{cut(history.Start, false, ""), 1, 1, false}}},
		{"refused", []history.Op{begin[0], harm(3, history.Info, "start-partition", `null`)}, nil},
		{
			"another tool's faults",
			[]history.Op{harm(1, history.Info, "start", `"majority"`), harm(2, history.Info, "stop", `null`)}, nil,
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
