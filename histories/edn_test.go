package histories_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// Written as EDN and read back, every history is what it was, so that its verdicts are too.
func TestEveryHistorySurvivesEDN(t *testing.T) {
	data := map[string][]byte{}
	for _, file := range all(t) {
		data[file.Name] = file.Data
	}
	for _, file := range transactions(t) {
		data["txn/"+file.Name] = file.Data
	}
	for name, text := range data {
		want, err := history.Read(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var edn bytes.Buffer
		if err := history.WriteEDN(&edn, want); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := history.ReadEDN(&edn)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got = history.SplitTuples(got)
		if diff := cmp.Diff(events(want), events(got)); diff != "" {
			t.Errorf("%s (-JSON lines +EDN):\n%s", name, diff)
		}
	}
}

// events are those of a history, with values in canonical form.
func events(h *history.History) []string {
	var lines []string
	for _, op := range h.Ops {
		value, err := model.ParseValue(op.Value)
		if err != nil {
			value = model.Value(err.Error())
		}
		op.Value = []byte(value)
		lines = append(lines, fmt.Sprintf("%+v %s", op, value))
	}
	return lines
}
