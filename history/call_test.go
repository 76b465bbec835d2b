package history_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/splitvote/splitvote/history"
)

// An error is a call without effect only where its maker says so.
func TestCallsAreRecordedByWhatTheyReturn(t *testing.T) {
	for _, test := range []struct {
		name   string
		result any
		err    error
		kind   history.Kind
		value  string
	}{
		{"a write returns nothing", nil, nil, history.Ok, "7"},
		{"a read returns a value", []int{1, 2}, nil, history.Ok, "[1,2]"},
		{"a timeout", nil, io.ErrUnexpectedEOF, history.Info, "7"},
		{"a refusal", nil, history.Failed(io.EOF), history.Fail, "7"},
		{"a refusal within another error", nil, fmt.Errorf("put: %w", history.Failed(io.EOF)), history.Fail, "7"},
		{"no refusal", nil, history.Failed(nil), history.Ok, "7"},
		{"a result that has no JSON", make(chan int), nil, history.Info, "7"},
	} {
		r := history.NewRecorder(nil)
		op := history.Op{F: "write", Value: history.ValueOf(7)}
		done := r.Call(3, op, func() (any, error) { return test.result, test.err })
		if done.Kind != test.kind || string(done.Value) != test.value || done.Process != 3 || done.Index != 1 {
			t.Errorf("%s: %+v", test.name, done)
		}
	}
}

func TestAClientHasANewProcessAfterAnUnknownOutcome(t *testing.T) {
	r := history.NewRecorder(nil)
	lost := func() (any, error) { return nil, io.EOF }
	well := func() (any, error) { return nil, nil }
	var inner history.Op
	var got []history.Process
	for _, call := range []struct {
		client history.Process
		f      func() (any, error)
	}{{0, well}, {0, lost}, {0, lost}, {0, well}, {1, well}, {2, well}, {0, func() (any, error) {
		inner = r.Call(0, history.Op{F: "read"}, well) // beside another call of the client
		return nil, nil
	}}, {-5, well}} {
		got = append(got, r.Call(call.client, history.Op{F: "read"}, call.f).Process)
	}
	if want := "[0 0 1 2 3 4 2 6]"; fmt.Sprint(got) != want || inner.Process != 5 {
		t.Errorf("processes %v and %v, want %s and 5", got, inner.Process, want)
	}
	if _, err := r.History(); err != nil {
		t.Error(err)
	}
}

// Whatever many goroutines do, what is recorded is a history.
func TestCallsOfManyGoroutines(t *testing.T) {
	r := history.NewRecorder(nil)
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			for range 100 {
				func() {
					defer func() { _ = recover() }() // the panic below
					r.Call(history.Process(rand.IntN(5)), history.Op{F: "read"}, func() (any, error) {
						switch rand.IntN(4) {
						case 0:
							return nil, io.EOF
						case 1:
							return nil, history.Failed(io.EOF)
						case 2:
							panic("the service is gone")
						}
						return 1, nil
					})
				}()
			}
		})
	}
	clients.Wait()
	h, err := r.History()
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Calls()) != 2000 || len(h.Ops) != 4000 {
		t.Errorf("%d calls, %d events", len(h.Calls()), len(h.Ops))
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAHistoryThatCannotBeWritten(t *testing.T) {
	r := history.NewRecorder(broken{})
	r.Call(0, history.Op{F: "read"}, func() (any, error) { return 1, nil })
	if _, err := r.History(); err == nil || err.Error() != "the history cannot be written: disk full" {
		t.Error(err)
	}
}
