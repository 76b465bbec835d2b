package linear

import (
	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

type idCall = call[model.IDCall, model.Value]

// byIDs decides a source of unique values in O(n): they must be all different, in whatever order
// they came.
func byIDs(calls []idCall) (outcome, bool) {
	given := make(map[model.Value]int, len(calls))
	for i := range calls {
		c := &calls[i]
		if c.pending() {
			continue
		}
		if first, twice := given[c.out]; twice {
			w := &witness{kind: "duplicate-id"}
			w.include(int32(first))
			w.say(int32(i), "#%d returned %s, which #%d had returned already", c.op, c.out, calls[first].op)
			return outcome{verdict: checker.Invalid, method: "unique", witness: w}, true
		}
		given[c.out] = i
	}
	return outcome{verdict: checker.Valid, method: "unique"}, true
}

// projectIDs leaves out what it likes: no call depends on another.
func projectIDs(calls []idCall, keep func(i int) bool) []idCall { return filter(calls, keep) }

// liveIDs is byIDs fed event by event: it remembers who returned each value.
type liveIDs struct {
	finding[model.IDCall, model.Value]
	given map[model.Value]*idCall
}

func newLiveIDs() *liveIDs {
	w := &liveIDs{given: map[model.Value]*idCall{}}
	w.method = "unique"
	return w
}

func (w *liveIDs) begin(*idCall) {}

func (w *liveIDs) end(c *idCall, how history.Kind, _ int) {
	switch first := w.given[c.out]; {
	case how != history.Ok:
	case first != nil:
		w.accuse(c, first)
	default:
		w.given[c.out] = c
	}
}

func (w *liveIDs) close() {}
