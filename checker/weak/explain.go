package weak

import (
	"context"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
)

const mostShown = 24 // calls in a witness; of a longer one the last are shown

// shrink leaves ops out, with those that read them, as long as what remains is bad, many at a time
// first (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, TSE 2002).
// Where ctx does not end it, no op can be left out any more. A part of a good trace is good: in an
// order that explains it, no read depends on what is left out.
func shrink(ctx context.Context, t *trace, bad func(*trace) bool) *trace {
	for size := (len(t.ops) + 1) / 2; size >= 1; {
		smaller := false
		for end := len(t.ops); end > 0 && ctx.Err() == nil; end -= size {
			end = min(end, len(t.ops))
			from := max(0, end-size)
			marked := make([]bool, len(t.ops))
			for i := range marked {
				marked[i] = i < from || i >= end
			}
			if less := t.keep(marked).effective(); bad(less) {
				t, smaller = less, true
			}
		}
		switch {
		case ctx.Err() != nil, size == 1 && !smaller:
			return t
		case size > 1:
			size /= 2
		}
	}
	return t
}

// evidence shrinks a violation, as each of again finds it in smaller traces, and puts it in words.
func (v *violation) evidence(ctx context.Context, again ...func(*trace) *violation) checker.Evidence {
	if v.c == nil {
		o := &v.part.ops[v.nowhere]
		return checker.Evidence{Kind: v.kind, Key: v.part.keys[o.key],
			Summary: about(v.part, "nobody wrote what was read"), Ops: []int{o.index},
			Why: []checker.Claim{{Op: o.index, Text: "nobody wrote that value"}}}
	}
	for _, find := range again {
		shrink(ctx, v.part, func(t *trace) bool {
			found := find(t)
			if found != nil {
				v = found
			}
			return found != nil
		})
	}
	return v.words()
}

// about says which key a trace is of, where it is of one.
func about(t *trace, what string) string {
	if key, one := t.key(); one && key != "" {
		return "key " + key + ": " + what
	}
	return what
}

// key is the one key of a trace, if there is one only.
func (t *trace) key() (string, bool) {
	for i := range t.ops {
		if t.ops[i].key != t.ops[0].key {
			return "", false
		}
	}
	if len(t.ops) == 0 {
		return "", false
	}
	return t.keys[t.ops[0].key], true
}

// words says of a witness what it is and why it cannot be.
func (v *violation) words() checker.Evidence {
	t := v.part
	e := checker.Evidence{Kind: v.kind}
	e.Key, _ = t.key()
	who := "no one order"
	if v.process >= 0 {
		who = "no order of the writes"
	}
	e.Summary = about(t, who+" explains what "+v.readers()+" read")
	for i := range t.ops {
		e.Ops = append(e.Ops, t.ops[i].index)
	}
	slices.Sort(e.Ops)
	if v.c != nil {
		e.Why = v.claims()
	}
	if len(e.Ops) > mostShown {
		e.Summary += fmt.Sprintf(" (the last %d of %d calls are shown)", mostShown, len(e.Ops))
		e.Ops = e.Ops[len(e.Ops)-mostShown:]
	}
	return e
}

func (v *violation) readers() string {
	if v.process >= 0 {
		return fmt.Sprintf("process %v", v.part.process[v.process])
	}
	return "all processes"
}

// claims walks round the cycle: each step is what an op must come after.
func (v *violation) claims() []checker.Claim {
	ops := v.part.ops
	id := func(i int) string { return fmt.Sprintf("#%d", ops[i].index) }
	if v.c.tried {
		last := len(ops) - 1
		return []checker.Claim{{Op: ops[last].index, Text: "has no place in any order of these calls: all were tried"}}
	}
	if len(v.c.edges) == 0 {
		return []checker.Claim{{Op: ops[v.c.read].index,
			Text: "reads the initial value, though " + id(v.c.late) + " must come before it"}}
	}
	var claims []checker.Claim
	for n, e := range v.c.edges {
		to, from := v.c.nodes[n], e.from
		if to >= len(ops) { // a mark: its edges are told with the write that they lead to
			continue
		}
		text := ""
		switch e.why {
		case session:
			text = "comes after " + id(from) + ", which its process called before"
		case readFrom:
			text = "reads what " + id(from) + " wrote"
		case carried:
			source := from
			for k := n; source >= len(ops); k-- {
				source = v.c.edges[(k+len(v.c.edges))%len(v.c.edges)].from
			}
			text = "comes after " + id(source) + ", which its process had seen"
		case overtaken:
			text = fmt.Sprintf("comes after %s, which was seen before %s read this value", id(from), id(e.read))
		case overwritten:
			text = "replaces what " + id(from) + " read, and comes after it"
		}
		claims = append(claims, checker.Claim{Op: ops[to].index, Text: text})
	}
	return claims
}
