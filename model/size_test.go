package model_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// states is a model with states of one type, and no size of its own.
type states[S any] struct{ model.Model[S, int, int] }

// The estimate is near what states take, whatever they are made of.
func TestEstimatedSizes(t *testing.T) {
	nested := func() any {
		m := map[string][]string{}
		for i := range 50 {
			m[strings.Repeat("k", 40)+string(rune('a'+i))] = []string{strings.Repeat("v", 100)}
		}
		return m
	}
	for name, make := range map[string]func() any{
		"a number":                   func() any { return 7 },
		"a text":                     func() any { return strings.Repeat("x", 10_000) },
		"numbers":                    func() any { return make([]int, 2_000) },
		"a map from numbers":         func() any { return sparse(1_000) },
		"texts in lists in a map":    nested,
		"a pointer to a large thing": func() any { return new([5_000]int64) },
	} {
		const n = 200
		kept := [n]any{}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range kept {
			kept[i] = make()
		}
		runtime.ReadMemStats(&after)
		got, real := model.SizeOf(states[any]{})(kept[0]), int(after.TotalAlloc-before.TotalAlloc)/n
		if got > 3*real+64 || 3*got+64 < real {
			t.Errorf("%s: estimated at %d bytes, takes %d", name, got, real)
		}
		runtime.KeepAlive(kept)
	}
}

func sparse(n int) map[int]int {
	m := make(map[int]int, n)
	for i := range n {
		m[i*i] = i
	}
	return m
}

// Models of this package, and those with flat states, are measured without a look inside.
func TestSizes(t *testing.T) {
	values := make([]model.Value, 100)
	if got := model.SizeOf(model.Queue{})(values); got != 1600 {
		t.Errorf("a queue of 100 values: %d bytes, want 1600", got)
	}
	if got := model.SizeOf(model.Text{})("abc"); got != 3 {
		t.Errorf("a text of 3: %d bytes", got)
	}
	light := model.Deterministic[bool, string, bool]{Read: func(_, _ *history.Op) (string, bool, error) {
		return "", false, nil
	}}
	if got := model.SizeOf(light)(true); got != 0 {
		t.Errorf("a flag: %d bytes, want none outside of itself", got)
	}
}
