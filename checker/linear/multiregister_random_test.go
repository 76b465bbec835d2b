package linear_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// multiRegister is several registers at once, in every form in which their calls are recorded.
type multiRegister map[string]any

func (m multiRegister) draw(r *rand.Rand, fresh func() int) (string, any) {
	names := []string{"x", "y", "z"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:1+r.IntN(2)]
	switch r.IntN(6) {
	case 0:
		return "read", nil
	case 1:
		values := map[string]any{}
		for _, name := range names {
			values[name] = fresh()
		}
		return "write", values
	}
	var micros []any
	for _, name := range names {
		if r.IntN(2) == 0 {
			micros = append(micros, []any{"r", name, nil})
		}
		if r.IntN(2) == 0 {
			micros = append(micros, []any{"w", name, fresh()})
		}
		if r.IntN(6) == 0 {
			micros = append(micros, []any{"read", name, nil})
		}
	}
	if micros == nil {
		micros = []any{}
	}
	return "txn", micros
}

func (m *multiRegister) apply(_ history.Process, f string, asked any) (any, bool) {
	if *m == nil {
		*m = multiRegister{}
	}
	switch f {
	case "read":
		return map[string]any{"x": (*m)["x"], "y": (*m)["y"]}, true
	case "write":
		for name, value := range asked.(map[string]any) {
			(*m)[name] = value
		}
		return asked, true
	}
	var got []any
	for _, micro := range asked.([]any) {
		one := slices.Clone(micro.([]any))
		if name := one[1].(string); one[0] == "w" {
			(*m)[name] = one[2]
		} else {
			one[2] = (*m)[name]
		}
		got = append(got, one)
	}
	if got == nil {
		got = []any{}
	}
	return got, true
}

// mutateMicros changes what one micro-operation read.
func mutateMicros(r *rand.Rand, op *history.Op) {
	var micros [][]any
	if op.Kind != history.Ok || json.Unmarshal(op.Value, &micros) != nil || len(micros) == 0 {
		return
	}
	one := micros[r.IntN(len(micros))]
	if one[0] != "w" {
		one[2] = []any{nil, 1, 2, 3}[r.IntN(4)]
	}
	op.Value = raw(micros)
}
