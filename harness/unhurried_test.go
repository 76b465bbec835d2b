package harness_test

import (
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// A rate that was not reached is reported; calls after healing do not count.
func TestUnhurried(t *testing.T) {
	for name, test := range map[string]struct {
		calls int // in ten seconds, and as many after them
		plan  plan.Plan
		want  string
	}{
		"nearly all":  {800, plan.Plan{Rate: 100}, ""},
		"half":        {500, plan.Plan{Rate: 100}, "50 calls a second were made of the 100 asked for"},
		"written out": {3, plan.Plan{Rate: 100, Calls: []plan.Call{{}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := history.NewRecorder(nil)
			record := func(op history.Op) {
				if _, err := recorder.Record(op); err != nil {
					t.Fatal(err)
				}
			}
			const main = 10 * time.Second
			for i := range 2 * test.calls {
				at := time.Duration(i) * main / time.Duration(test.calls)
				if i == test.calls {
					record(history.Op{Process: history.Nemesis, F: history.HealAll, Kind: history.Invoke, Time: at})
				}
				record(history.Op{Process: history.Process(i), F: "read", Kind: history.Invoke, Time: at})
			}
			h, err := recorder.History()
			if err != nil {
				t.Fatal(err)
			}
			got := harness.Experiment{Plan: test.plan}.Unhurried(h)
			if (got == "") != (test.want == "") || !strings.HasPrefix(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
