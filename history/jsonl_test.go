package history_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/history"
)

const twoCalls = `{"index":0,"time":10,"process":0,"type":"invoke","f":"write","key":"x","value":1,"node":"n1"}
{"index":1,"time":11,"process":"nemesis","type":"invoke","f":"kill","value":null}
{"index":2,"time":12,"process":0,"type":"ok","f":"write","key":"x","value":1,"node":"n1"}
`

func TestReadPairsCalls(t *testing.T) {
	h, err := history.Read(strings.NewReader(`{"comment":"a header"}` + "\n" + twoCalls))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]history.Call{{Invoke: 0, Complete: 2}, {Invoke: 1, Complete: -1}}, h.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if got := h.Ops[1].Process; got != history.Nemesis {
		t.Errorf("process of event 1 = %v, want nemesis", got)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	invoke := `{"time":1,"process":0,"type":"invoke","f":"read"}`
	for name, test := range map[string]struct{ in, want string }{
		"no JSON":    {invoke + "\nnonsense\n" + invoke + "\n", "line 2: invalid character"},
		"no process": {`{"type":"invoke","f":"read"}` + "\n", "line 1: an event needs a process"},
		"no f":       {`{"type":"invoke","process":1}` + "\n", "line 1: an event needs an f"},
		"unknown type": {`{"type":"done","process":1,"f":"read"}` + "\n",
			`line 1: type is "done", want invoke, ok, fail or info`},
		"unknown process": {`{"type":"ok","process":-1,"f":"read"}` + "\n",
			`line 1: process is -1, want a number`},
		"negative time": {`{"type":"invoke","process":1,"f":"read","time":-1}` + "\n", "line 1: time is -1"},
		"H1, two under way": {invoke + "\n" + invoke + "\n",
			"line 2: process 0 invokes read while its read is under way (H1)"},
		"H2, no invocation": {"\n" + `{"time":1,"process":0,"type":"ok","f":"read"}` + "\n",
			"line 2: process 0 completes read, which it has not invoked (H2)"},
		"H4, used after info": {invoke + "\n" + `{"time":2,"process":0,"type":"info","f":"read"}` + "\n" +
			`{"time":3,"process":0,"type":"invoke","f":"read"}` + "\n",
			"line 3: process 0 is used again after an info (H4)"},
		"nests without bounds": {`{"process":0,"type":"invoke","f":"read","value":` + strings.Repeat("[", 1000) + "\n",
			"line 1: nests more than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := history.Read(strings.NewReader(test.in))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error %v, want %s…", err, test.want)
			}
		})
	}
}

// A killed run leaves half a line at most: wherever the file breaks off, all whole events before
// are read.
func TestReadKeepsWhatAKilledWriterWrote(t *testing.T) {
	whole := strings.Count(twoCalls, "\n")
	for end := range len(twoCalls) {
		h, err := history.Read(strings.NewReader(twoCalls[:end]))
		if err != nil {
			t.Fatalf("cut at byte %d: %v", end, err)
		}
		lines := strings.Count(twoCalls[:end], "\n")
		if len(h.Ops) != lines && len(h.Ops) != lines+1 || len(h.Ops) > whole {
			t.Fatalf("cut at byte %d: %d events, want %d", end, len(h.Ops), lines)
		}
		if broken := len(h.Ops) == lines && !strings.HasSuffix(twoCalls[:end], "\n") &&
			end > 0; broken != (h.Cut != "") {
			t.Errorf("cut at byte %d: Cut = %q", end, h.Cut)
		}
	}
}

// drawn draws a history, with odd strings for names.
func drawn(t *rapid.T) *history.History {
	rec := history.NewRecorder(nil)
	now := time.Duration(0)
	for p := range rapid.IntRange(0, 20).Draw(t, "processes") {
		now += time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "gap"))
		value, _ := json.Marshal(rapid.String().Draw(t, "value"))
		op := history.Op{Time: now, Process: history.Process(p), F: rapid.StringN(1, 8, -1).Draw(t, "f"),
			Key: rapid.String().Draw(t, "key"), Value: value, Node: "n1", Final: rapid.Bool().Draw(t, "final")}
		rec.Record(op)
		if rapid.Bool().Draw(t, "completes") {
			op.Kind, op.Err = history.Kind(rapid.IntRange(1, 3).Draw(t, "kind")), rapid.String().Draw(t, "error")
			rec.Record(op)
		}
	}
	h, err := rec.History()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestWriteThenReadIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawn(t)
		var file bytes.Buffer
		if err := history.Write(&file, want); err != nil {
			t.Fatal(err)
		}
		got, err := history.Read(&file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Ops, got.Ops, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("events (-wrote +read):\n%s", diff)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(twoCalls))
	f.Add([]byte(`{"process":0,"type":"invoke","f":"read","value":[[[[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		readsAlike(t, data)
		h, err := history.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		writesJSON(t, h)
	})
}

// writesJSON holds what was read, from whatever form, to be a history that JSON lines can hold.
func writesJSON(t *testing.T, h *history.History) {
	t.Helper()
	var file bytes.Buffer
	if err := history.Write(&file, h); err != nil {
		t.Fatalf("what was read cannot be written as JSON lines: %v", err)
	}
	lines := file.String()
	again, err := history.Read(&file)
	if err != nil || len(again.Ops) != len(h.Ops) {
		t.Fatalf("what was written as JSON lines cannot be read: %v\n%s", err, lines)
	}
}
