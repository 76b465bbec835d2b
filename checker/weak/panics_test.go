package weak_test

import (
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// brittle is a counter that fails in one of its methods.
type brittle struct {
	model.Counter
	at string
}

func (m brittle) trip(at string) {
	if m.at == at {
		panic("boom")
	}
}

func (m brittle) Call(invocation, completion *history.Op) (model.CounterCall, model.CounterResult, error) {
	m.trip("Call")
	return m.Counter.Call(invocation, completion)
}

func (m brittle) Init() int64 {
	m.trip("Init")
	return m.Counter.Init()
}

func (m brittle) Step(next []int64, s int64, in model.CounterCall, out *model.CounterResult) []int64 {
	m.trip("Step")
	return m.Counter.Step(next, s, in, out)
}

func (m brittle) Equal(a, b int64) bool {
	m.trip("Equal")
	return m.Counter.Equal(a, b)
}

func (m brittle) Hash(int64) uint64 {
	m.trip("Hash")
	return 0 // so that Equal is asked
}

func (m brittle) Describe(in model.CounterCall, out *model.CounterResult) string {
	m.trip("Describe")
	return m.Counter.Describe(in, out)
}

func (m brittle) ReadOnly(in model.CounterCall, out *model.CounterResult) bool {
	m.trip("ReadOnly")
	return m.Counter.ReadOnly(in, out)
}

// Wherever a model panics, sequential consistency is unknown and repeats the words of the panic.
func TestPanicsAreUnknown(t *testing.T) {
	h, err := history.Read(strings.NewReader(`
		{"process":0,"type":"invoke","f":"add","value":1}
		{"process":0,"type":"ok","f":"add","value":1}
		{"process":0,"type":"invoke","f":"read","value":null}
		{"process":0,"type":"ok","f":"read","value":2}
		{"process":1,"type":"invoke","f":"add","value":2}
		{"process":1,"type":"ok","f":"add","value":2}
		{"process":1,"type":"invoke","f":"add","value":4}
		{"process":1,"type":"ok","f":"add","value":4}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := weak.SequentialOf(t.Context(), brittle{}, h); got.Verdict != checker.Invalid {
		t.Fatalf("%v without a panic", got.Verdict)
	}
	for _, at := range []string{"Call", "Init", "Step", "Equal", "Hash", "Describe", "ReadOnly"} {
		got := weak.SequentialOf(t.Context(), brittle{at: at}, h)
		if got.Verdict != checker.Unknown || got.Cause != checker.Panicked || got.Reason != "the model panicked: boom" {
			t.Errorf("%s: %v, %s: %q", at, got.Verdict, got.Cause, got.Reason)
		}
	}
}
