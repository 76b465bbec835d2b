package linear

import (
	"fmt"
	"slices"
)

// witness is a set of calls that is a violation by itself, and what is to be said about them. Calls
// are named by their positions in the slice that was judged.
type witness struct {
	kind   string
	calls  []int
	claims []claim
}

// claim is a sentence about one call.
type claim struct {
	call int
	text string
}

// include adds calls, except nobody.
func (w *witness) include(calls ...int32) {
	for _, c := range calls {
		if c != nobody && !slices.Contains(w.calls, int(c)) {
			w.calls = append(w.calls, int(c))
		}
	}
}

// say adds a call and a sentence about it.
func (w *witness) say(call int32, format string, args ...any) {
	w.include(call)
	w.claims = append(w.claims, claim{int(call), fmt.Sprintf(format, args...)})
}
