package weak

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
)

// ordering looks for one legal order of all ops of a trace that respects a graph: depth first,
// reads as soon as they are legal (a read changes nothing, so that moving it forward spoils no
// order), and no write while its key's present value has readers to come. Configurations from which
// no order was found are remembered.
type ordering struct {
	ctx     context.Context
	t       *trace
	before  [][]edge
	next    []int // of each session: how many of its ops are placed
	placed  []bool
	current []int // of each key: the write whose value it has, or initial
	left    []int // of each op: reads of its value that are not placed
	fresh   []int // of each key: reads of the initial value that are not placed
	avoid   []int // of each op, and behind them of each key's initial value: ops to come that avoid its value
	todo    int
	dead    map[string]bool
	size    int
	steps   int
	// budget is the number of steps it may take, 0 for no limit.
	budget int
}

// errPatience says that an ordering ran out of it.
var errPatience = errors.New("budget came to its end")

func (g *graph) ordering(ctx context.Context) *ordering {
	t := g.t
	o := &ordering{ctx: ctx, t: t, before: g.before, next: make([]int, len(t.sessions)),
		placed: make([]bool, len(t.ops)), current: make([]int, len(t.keys)), left: make([]int, len(t.ops)),
		fresh: make([]int, len(t.keys)), avoid: make([]int, len(t.ops)+len(t.keys)), todo: len(t.ops),
		dead: map[string]bool{}}
	for k := range o.current {
		o.current[k] = initial
	}
	for i := range t.ops {
		if t.ops[i].reads {
			*o.readers(&t.ops[i], t.ops[i].from)++
		}
		o.avoided(&t.ops[i], 1)
	}
	return o
}

// readers counts the reads to come of what the op w wrote to the key of of.
func (o *ordering) readers(of *op, w int) *int {
	if w == initial {
		return &o.fresh[of.key]
	}
	return &o.left[w]
}

// avoided counts an op that avoids a value as one to come, or no longer.
func (o *ordering) avoided(p *op, by int) {
	switch {
	case !p.avoids || p.from == nowhere:
	case p.from == initial:
		o.avoid[len(o.t.ops)+p.key] += by
	default:
		o.avoid[p.from] += by
	}
}

// find says whether there is an order. An error is a limit.
func (o *ordering) find() (bool, error) {
	if o.steps++; o.steps%256 == 0 && o.ctx.Err() != nil {
		return false, o.ctx.Err()
	}
	if o.steps == o.budget {
		return false, errPatience
	}
	eager := o.placeReads()
	if o.todo == 0 {
		return true, nil
	}
	candidates := o.candidates()
	key := ""
	if len(candidates) > 1 {
		if key = o.key(); o.dead[key] {
			candidates = nil
		}
	}
	for _, s := range candidates {
		i := o.t.sessions[s][o.next[s]]
		was := o.place(i)
		found, err := o.find()
		if found || err != nil {
			return found, err
		}
		o.remove(i, was)
	}
	if len(candidates) > 1 {
		if o.size += len(key) + 64; o.size > memoryOf(o.ctx) {
			return false, errMemory
		}
		o.dead[key] = true
	}
	for n := len(eager) - 1; n >= 0; n-- {
		o.remove(eager[n], o.current[o.t.ops[eager[n]].key])
	}
	return false, nil
}

// placeReads places every read that is legal.
func (o *ordering) placeReads() (placed []int) {
	for more := true; more; {
		more = false
		for s, ops := range o.t.sessions {
			for o.next[s] < len(ops) {
				i := ops[o.next[s]]
				p := &o.t.ops[i]
				if p.writes || p.avoids == (p.from == o.current[p.key]) {
					break
				}
				o.place(i)
				placed, more = append(placed, i), true
			}
		}
	}
	return placed
}

// candidates are the sessions whose next op may write now, the op first that was invoked first.
func (o *ordering) candidates() []int {
	var sessions []int
	for s, ops := range o.t.sessions {
		if o.next[s] < len(ops) && o.may(ops[o.next[s]]) {
			sessions = append(sessions, s)
		}
	}
	slices.SortFunc(sessions, func(a, b int) int { return o.t.sessions[a][o.next[a]] - o.t.sessions[b][o.next[b]] })
	return sessions
}

func (o *ordering) may(i int) bool {
	p := &o.t.ops[i]
	if !p.writes {
		return false
	}
	allowed := 0
	if p.reads {
		if p.from != o.current[p.key] {
			return false
		}
		allowed = 1 // itself
	}
	if *o.readers(p, o.current[p.key]) > allowed {
		return false
	}
	for _, e := range o.before[i] {
		if !o.placed[e.from] {
			return false
		}
	}
	return true
}

// place appends an op to the order and returns what its key held.
func (o *ordering) place(i int) (was int) {
	p := &o.t.ops[i]
	was = o.current[p.key]
	if p.reads {
		*o.readers(p, p.from)--
	}
	o.avoided(p, -1)
	if p.writes {
		o.current[p.key] = i
	}
	o.placed[i] = true
	o.next[p.session]++
	o.todo--
	return was
}

func (o *ordering) remove(i, was int) {
	p := &o.t.ops[i]
	o.current[p.key] = was
	if p.reads {
		*o.readers(p, p.from)++
	}
	o.avoided(p, 1)
	o.placed[i] = false
	o.next[p.session]--
	o.todo++
}

// key is the configuration: what is placed, and the values that somebody has yet to read.
func (o *ordering) key() string {
	var b []byte
	for _, n := range o.next {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for k, w := range o.current {
		readers := o.fresh[k] + o.avoid[len(o.t.ops)+k]
		if w != initial {
			readers = o.left[w] + o.avoid[w]
		}
		if readers == 0 {
			w = nowhere // what nobody reads any more does not matter
		}
		b = binary.AppendVarint(b, int64(w))
	}
	return string(b)
}
