package weak

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// sequential judges sequential consistency of all keys together (W2).
func sequential(ctx context.Context, modelName string, h *history.History) checker.Result {
	switch modelName {
	case "register":
		return unlessAmbiguous(ctx, h, model.Register{}, registers)
	case "cas-register":
		r := unlessAmbiguous(ctx, h, model.Register{CAS: true}, registers)
		if t, err := registers(h, model.Register{CAS: true}); r.Verdict == checker.Valid && err == nil &&
			t.mismatches > 0 {
			return sequentialMismatches(ctx, h, model.Register{CAS: true})
		}
		return r
	case "multi-register":
		return bySearch(ctx, model.MultiRegister{}, h)
	case "append-list":
		return unlessAmbiguous(ctx, h, model.AppendList{}, lists)
	case "set":
		return sets(ctx, h)
	case "fifo-queue":
		return bySearch(ctx, model.Queue{}, h)
	case "unordered-queue":
		return bySearch(ctx, model.Bag{}, h)
	case "stack":
		return bySearch(ctx, model.Stack{}, h)
	case "counter":
		return counters(ctx, h)
	case "mutex":
		return bySearch(ctx, model.Mutex{}, h)
	case "fenced-mutex":
		return bySearch(ctx, model.Mutex{Fenced: true}, h)
	case "unique-ids":
		return bySearch(ctx, model.IDs{}, h)
	case "kv":
		return bySearch(ctx, model.Text{}, h)
	}
	return undecided(fmt.Errorf("no model %q", modelName))
}

// unlessAmbiguous decides by what reads say of their writes where they say it, and else by
// searching.
func unlessAmbiguous[M model.Model[S, In, Out], S, In, Out any](
	ctx context.Context, h *history.History, m M, trace func(*history.History, M) (*trace, error),
) checker.Result {
	t, err := trace(h, m)
	var twice *ambiguous
	switch {
	case errors.As(err, &twice):
		return bySearch[S, In, Out](ctx, m, h)
	case err != nil:
		return undecided(err)
	}
	return byOrder(ctx, t.effective())
}

// byOrder decides a trace: a contradiction in what must come before what refutes it, an order found
// proves it.
func byOrder(ctx context.Context, t *trace) checker.Result {
	if v := fromNowhere(t); v != nil {
		return accuse(ctx, Sequential, "order", v)
	}
	v, method, err := disordered(ctx, t)
	switch {
	case err != nil:
		return undecided(err)
	case v == nil:
		return checker.Result{Verdict: checker.Valid, Method: method}
	}
	return accuse(ctx, Sequential, method, v, func(t *trace) *violation {
		again, _, _ := disordered(ctx, t)
		return again
	})
}

// disordered finds out why a trace has no order, if it has none. The search knows no reason but
// that it found nothing.
func disordered(ctx context.Context, t *trace) (v *violation, method string, err error) {
	g := global(t)
	c, err := g.saturate(ctx)
	switch {
	case err != nil:
		return nil, "", err
	case c != nil:
		return &violation{kind: Sequential, part: t, process: -1, c: c}, "order", nil
	}
	found, err := g.promptly(ctx)
	if !found && err == nil {
		found, err = g.ordering(ctx).find()
	}
	switch {
	case err != nil:
		return nil, "", err
	case !found:
		return &violation{kind: Sequential, part: t, process: -1, c: &contradiction{tried: true}}, "order, search", nil
	}
	return nil, "order, search", nil
}

// promptly looks for an order in which also no write comes before one that had ended when it
// began. Sequential consistency does not ask for that, so that nothing follows from there being
// none; but systems that are not linearizable only because their reads lag have such an order
// (Lev-Ari, Bortnikov, Keidar and Shraer, Composing Ordered Sequential Consistency, 2017: OSC(U),
// as of ZooKeeper), and it is found at once, because it leaves open only the order of concurrent
// writes.
func (g *graph) promptly(ctx context.Context) (bool, error) {
	p := global(g.t)
	p.inTime()
	if c, err := p.saturate(ctx); c != nil || err != nil {
		return false, err
	}
	o := p.ordering(ctx)
	o.budget = 1000 + 20*len(g.t.ops)
	found, err := o.find()
	if errors.Is(err, errPatience) {
		return false, nil
	}
	return found, err
}

// inTime puts every write after those that had ended when it began. It names the ones that do not
// follow from others: those that ended after the last of them had begun.
func (g *graph) inTime() {
	var ended []int // writes, in the order of their ends
	for i := range g.t.ops {
		if o := &g.t.ops[i]; o.writes && o.end != never {
			ended = append(ended, i)
		}
	}
	slices.SortFunc(ended, func(a, b int) int { return g.t.ops[a].end - g.t.ops[b].end })
	past, latest := 0, 0     // how many had ended, and when the last of them had begun
	for i := range g.t.ops { // in the order in which they began
		o := &g.t.ops[i]
		if !o.writes {
			continue
		}
		for ; past < len(ended) && g.t.ops[ended[past]].end < o.begin; past++ {
			latest = max(latest, g.t.ops[ended[past]].begin)
		}
		for k := past - 1; k >= 0 && g.t.ops[ended[k]].end > latest; k-- {
			g.link(ended[k], i, inRealTime)
		}
	}
}

// lists reads a history of append lists as one of registers whose value is the last element: since
// a read returns the whole list, an append whose element was read is a cas from the element before
// it, and any other is a write.
func lists(h *history.History, m model.AppendList) (*trace, error) {
	longest := map[string][]model.Value{}
	start := map[string][]model.Value{} // of each key: what its list holds initially
	for _, key := range h.Keys() {
		list, err := model.InitialState(m, h.Initial.Of(key))
		if err != nil {
			return nil, fmt.Errorf("the initial value of %s: %w", subject(key), err)
		}
		start[key], _ = m.Answer(list, model.ListCall{F: model.Read})
	}
	for _, c := range h.Calls() {
		invocation := h.Invocation(c)
		if invocation.Process == history.Nemesis || h.Kind(c) != history.Ok || invocation.F != model.Read.String() {
			continue
		}
		_, list, err := m.Call(invocation, h.Completion(c))
		if err != nil {
			return nil, err
		}
		if len(list) > len(longest[invocation.Key]) {
			longest[invocation.Key] = list
		}
	}
	type element struct {
		key   string
		value model.Value
	}
	previous := map[element]model.Value{}
	for key, list := range longest {
		if n := len(start[key]); len(list) < n || !slices.Equal(list[:n], start[key]) {
			return nil, &ambiguous{"the longest read does not begin with what was there initially"}
		}
		last := model.Null
		for _, v := range list {
			if _, twice := previous[element{key, v}]; twice {
				return nil, &ambiguous{"an element was read twice in one list"}
			}
			previous[element{key, v}], last = last, v
		}
	}
	initially := func(key string) (model.Value, error) {
		if list := start[key]; len(list) > 0 {
			return list[len(list)-1], nil
		}
		return model.Null, nil
	}
	return read(h, initially, func(invocation, completion *history.Op) (access, error) {
		in, out, err := m.Call(invocation, completion)
		if err != nil {
			return access{}, err
		}
		if in.F == model.Append {
			if slices.Contains(start[invocation.Key], in.Value) {
				return access{}, &ambiguous{"an element was appended that was there initially"}
			}
			before, seen := previous[element{invocation.Key, in.Value}]
			return access{writes: true, reads: seen, written: in.Value, value: before}, nil
		}
		a := access{reads: true, value: model.Null}
		for i, v := range out {
			if v != longest[invocation.Key][i] {
				return a, &ambiguous{"reads disagree about the order"}
			}
			a.value = v
		}
		return a, nil
	})
}

// sets knows of a history without removals that what was in a set stays in it.
func sets(ctx context.Context, h *history.History) checker.Result {
	if slices.ContainsFunc(h.Ops, func(op history.Op) bool { return op.F == model.Remove.String() }) {
		return bySearch(ctx, model.Set{}, h)
	}
	return byGrowth(ctx, model.Set{}, h, func(s []model.Value, in model.SetCall, out *model.SetResult) bool {
		if in.F != model.Read {
			return out.Missed() && slices.Contains(s, in.Value)
		}
		return slices.ContainsFunc(s, func(v model.Value) bool {
			_, has := slices.BinarySearch(out.Values, v)
			return !has
		})
	})
}

// counters knows of a history without subtractions that sums do not fall.
func counters(ctx context.Context, h *history.History) checker.Result {
	falls := func(op history.Op) bool {
		in, _, err := model.Counter{}.Call(&op, nil)
		return err == nil && in.N < 0
	}
	if slices.ContainsFunc(h.Ops, falls) {
		return bySearch(ctx, model.Counter{}, h)
	}
	return byGrowth(ctx, model.Counter{}, h, func(s int64, _ model.CounterCall, out *model.CounterResult) bool {
		return out.Told && out.Sum < s
	})
}
