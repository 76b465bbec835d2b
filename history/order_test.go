package history_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/history"
)

// Events whose times fall are read in the order of the file, in every form and by every reader.
func TestTimesThatStepBack(t *testing.T) {
	lines := func(times ...string) string {
		var b strings.Builder
		for i, at := range times {
			b.WriteString(`{"process":` + string(rune('0'+i)) + `,"type":"invoke","f":"read","time":` + at + "}\n")
		}
		return b.String()
	}
	for name, test := range map[string]struct {
		in    string
		times []time.Duration
		notes []string
	}{
		"never": {lines("7", "7", "9"), []time.Duration{7, 7, 9}, nil},
		"once": {lines("50", "20", "60"), []time.Duration{50, 50, 60},
			[]string{"1 event's time steps back by 30 ns: events are in the order of the file"}},
		"by more": {lines("5000000", "4999000", "1", "6000000"), []time.Duration{5e6, 5e6, 5e6, 6e6},
			[]string{"2 events' times step back by up to 4.999999 ms: events are in the order of the file"}},
		"EDN": {"{:process 0 :type :invoke :f :read :time 9}\n{:process 1 :type :invoke :f :read :time 2}",
			[]time.Duration{9, 9}, []string{"1 event's time steps back by 7 ns: events are in the order of the file"}},
		"hours": {lines("7200000000000", "0"), []time.Duration{2 * time.Hour, 2 * time.Hour},
			[]string{"1 event's time steps back by 2h0m0s: events are in the order of the file"}},
		"no times yet": {`{"process":0,"type":"invoke","f":"read","time":3}` + "\n" +
			`{"process":1,"type":"invoke","f":"read"}` + "\n", []time.Duration{3, 3},
			[]string{"1 event's time steps back by 3 ns: events are in the order of the file"}},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := history.Decode(strings.NewReader(test.in), history.Auto)
			if err != nil {
				t.Fatal(err)
			}
			var got []time.Duration
			for _, op := range h.Ops {
				got = append(got, op.Time)
			}
			if diff := cmp.Diff(test.times, got); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, h.Notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			s := history.NewStream(strings.NewReader(test.in), history.Auto)
			ops, err := all(s)
			if err != nil || !same(ops, h.Ops) || !slices.Equal(s.Notes(), h.Notes) {
				t.Errorf("streamed: %v, notes %q, error %v", ops, s.Notes(), err)
			}
			for form, write := range map[string]func(io.Writer, *history.History) error{"edn": history.WriteEDN,
				"binary": history.WriteBinary} {
				var file bytes.Buffer
				if err := write(&file, h); err != nil {
					t.Fatal(err)
				}
				again, err := history.Decode(&file, history.Format(form))
				if err != nil || !same(again.Ops, h.Ops) || again.Notes != nil {
					t.Errorf("written as %s and read again: %+v, %v", form, again, err)
				}
			}
		})
	}
}
