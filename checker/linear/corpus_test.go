package linear_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/splitvote/splitvote/histories"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// bruteByName decides a history of a model by its name.
func bruteByName(t *testing.T, name string, h *history.History) bool {
	t.Helper()
	switch name {
	case "register", "cas-register":
		return brute(model.Register{CAS: name == "cas-register"}, h)
	case "set":
		return brute(model.Set{}, h)
	case "fifo-queue":
		return brute(model.Queue{}, h)
	case "unordered-queue":
		return brute(model.Bag{}, h)
	case "stack":
		return brute(model.Stack{}, h)
	case "counter":
		return brute(model.Counter{}, h)
	case "mutex", "fenced-mutex":
		return brute(model.Mutex{Fenced: name == "fenced-mutex"}, h)
	case "append-list":
		return brute(model.AppendList{}, h)
	case "unique-ids":
		return brute(model.IDs{}, h)
	case "multi-register":
		return brute(model.MultiRegister{}, h)
	case "kv":
		return brute(model.Text{}, h)
	}
	t.Fatalf("no model %q", name)
	return false
}

// The verdicts of the corpus are those of the definition, tried out without the engines.
func TestCorpusAgreesWithDefinition(t *testing.T) {
	files, err := histories.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		h, err := history.Read(bytes.NewReader(file.Data))
		if err != nil {
			t.Fatal(err)
		}
		initial := h.Initial
		if h, err = history.New(slices.DeleteFunc(h.Ops, func(op history.Op) bool {
			return op.Process == history.Nemesis
		})); err != nil {
			t.Fatal(err)
		}
		h.Initial = initial
		for name, want := range file.Expect {
			if got := map[bool]string{true: "valid", false: "invalid"}[bruteByName(t, name, h)]; got != want {
				t.Errorf("%s as %s is %s by definition, %s by the header", file.Name, name, got, want)
			}
		}
	}
}
