package linear_test

import (
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
)

// All five calls are under way at once. The reads order them: add 1, read [1], add 2, then the
// remove of 1, which nobody answered, read [2]. No time tells that 1 was there before it was
// missed.
const removedUnanswered = `{"process":0,"type":"invoke","f":"add","value":1}
{"process":1,"type":"invoke","f":"remove","value":1}
{"process":2,"type":"invoke","f":"read"}
{"process":3,"type":"invoke","f":"read"}
{"process":4,"type":"invoke","f":"add","value":2}
{"process":2,"type":"ok","f":"read","value":[1]}
{"process":4,"type":"ok","f":"add","value":2}
{"process":3,"type":"ok","f":"read","value":[2]}
{"process":0,"type":"ok","f":"add","value":1}
`

func TestUnansweredRemovesCountWhereSomebodyMayMissThem(t *testing.T) {
	if got := check(t, "set", linear.Options{}, read(t, removedUnanswered)); got.Verdict != checker.Valid {
		t.Errorf("%v by %s (%s), want valid", got.Verdict, got.Method, got.Reason)
	}
	never := strings.Replace(removedUnanswered, `"f":"remove","value":1`, `"f":"remove","value":3`, 1)
	if got := check(t, "set", linear.Options{}, read(t, never)); got.Verdict != checker.Invalid {
		t.Errorf("nothing is removed: %v by %s (%s), want invalid", got.Verdict, got.Method, got.Reason)
	}
}

// A set with removals whose elements are added once is decided though it is read as a whole, some
// calls without an answer.
func TestSetsReadAsAWholeAreDecided(t *testing.T) {
	for _, invalid := range []bool{false, true} {
		h := cell{clients: 20, calls: 1_000, pending: 0.05, invalid: invalid}.history(func() object { return &set{} })
		want := map[bool]checker.Verdict{false: checker.Valid, true: checker.Invalid}[invalid]
		if got := check(t, "set", linear.Options{Memory: 4 << 20}, h); got.Verdict != want {
			t.Errorf("%v by %s (%s), want %v", got.Verdict, got.Method, got.Reason, want)
		}
	}
}
