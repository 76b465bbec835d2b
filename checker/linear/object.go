package linear

import (
	"math"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// call is a client's call as its model reads it. begin and end are positions of events (L1); end is never where the
// outcome is unknown, and out is then without meaning.
type call[In, Out any] struct {
	in         In
	out        Out
	begin, end int
	op         int // Op.Index of the invocation, for evidence
}

// never is the end of a call whose outcome is unknown.
const never = math.MaxInt

func (c *call[In, Out]) pending() bool { return c.end == never }

// result is what was returned, nil if unknown.
func (c *call[In, Out]) result() *Out {
	if c.pending() {
		return nil
	}
	return &c.out
}

// object is the part of a history that concerns one key: its calls in the order of their invocations.
type object[In, Out any] struct {
	key   string
	calls []call[In, Out]
}

// split reads the clients' calls of a history and divides them by key (L3), keys in order of first appearance. Calls that
// failed are dropped, and so are those with unknown outcome that change nothing: removing a call is one of the ways in
// which it may have ended, and nothing depends on it.
func split[S, In, Out any](m model.Model[S, In, Out], h *history.History) ([]object[In, Out], error) {
	objects := keys[In, Out](h)
	at := make(map[string]int, len(objects))
	for i, o := range objects {
		at[o.key] = i
	}
	last := -1
	for _, paired := range h.Calls() {
		invocation, kind := h.Invocation(paired), h.Kind(paired)
		if invocation.Process == history.Nemesis || kind == history.Fail {
			continue
		}
		c := call[In, Out]{begin: paired.Invoke, end: never, op: invocation.Index}
		var completion *history.Op
		if kind == history.Ok {
			completion, c.end = h.Completion(paired), paired.Complete
		}
		var err error
		if c.in, c.out, err = m.Call(invocation, completion); err != nil {
			return nil, err
		}
		if c.pending() && m.ReadOnly(c.in, nil) {
			continue
		}
		if last < 0 || objects[last].key != invocation.Key {
			last = at[invocation.Key]
		}
		objects[last].calls = append(objects[last].calls, c)
	}
	return objects, nil
}

// keys makes an object for each key, with room for its calls: a million calls are not to be moved about.
func keys[In, Out any](h *history.History) []object[In, Out] {
	var objects []object[In, Out]
	var count []int
	at := map[string]int{}
	last, total := -1, 0
	for _, paired := range h.Calls() {
		invocation := h.Invocation(paired)
		if invocation.Process == history.Nemesis || h.Kind(paired) == history.Fail {
			continue
		}
		if last < 0 || objects[last].key != invocation.Key {
			i, known := at[invocation.Key]
			if !known {
				i = len(objects)
				at[invocation.Key] = i
				objects, count = append(objects, object[In, Out]{key: invocation.Key}), append(count, 0)
			}
			last = i
		}
		count[last]++
		total++
	}
	room := make([]call[In, Out], total)
	for i, n := range count {
		objects[i].calls, room = room[:0:n], room[n:]
	}
	return objects
}
