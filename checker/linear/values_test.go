package linear_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/model"
)

// A value has one number, and no other value has it, whatever it looks like.
func TestNumbering(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	number := linear.Numbering(10)
	known, taken := map[model.Value]int32{}, map[int32]bool{}
	for range 100_000 {
		v := model.Value(fmt.Sprint(r.IntN(1 << r.IntN(31))))
		if r.IntN(10) == 0 {
			v = model.Value(fmt.Sprintf(`"%s"`, v))
		}
		got := number(v)
		want, again := known[v]
		switch {
		case again && got != want:
			t.Fatalf("%s has number %d, and had %d", v, got, want)
		case !again && (taken[got] || int(got) != len(known)):
			t.Fatalf("%s is new and has number %d, want %d", v, got, len(known))
		}
		known[v], taken[got] = got, true
	}
}
