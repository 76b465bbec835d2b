package txn_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// small is a transaction of a history that is small enough to try everything. Values are numbers
// from 1 that are written once; begin and end are positions of events.
type small struct {
	process    int
	kind       history.Kind
	begin, end int
	ops        []smallOp
}

// smallOp writes a value, or reads: list is what it saw, of a register at most the latest value. A
// predicate read is the reads of all keys in their order, each with its number; those that saw
// nothing are absent.
type smallOp struct {
	write bool
	all   int // number of the predicate read within its transaction, from 1
	key   int
	value int
	list  []int
}

func (x *small) last(key int) (value int) {
	for _, o := range x.ops {
		if o.write && o.key == key {
			value = o.value
		}
	}
	return value
}

// absent says whether a predicate read did not find the key.
func (o *smallOp) absent() bool { return o.all > 0 && len(o.list) == 0 }

// oracle decides every level by its definition, by trying all sets of transactions that may have
// committed, and all their orders or all version orders of their writes.
type oracle struct {
	txns     []small
	register bool
	keys     int
	// what keys that begin with something hold then, as the history tells it: here they begin empty
	begins map[int][]int
}

// before says whether an order that a level respects puts a before b: "", "session" or "realtime".
func (o *oracle) before(order string, a, b int) bool {
	x, y := &o.txns[a], &o.txns[b]
	ended := x.kind == history.Ok && x.end < y.begin
	return order == "session" && ended && x.process == y.process || order == "realtime" && ended
}

// committed calls f with every set of transactions that may have committed until it says yes.
func (o *oracle) committed(f func(set []int) bool) bool {
	var unsure, sure []int
	for i := range o.txns {
		switch o.txns[i].kind {
		case history.Ok:
			sure = append(sure, i)
		case history.Info:
			unsure = append(unsure, i)
		}
	}
	for bits := range 1 << len(unsure) {
		set := slices.Clone(sure)
		for i, x := range unsure {
			if bits&(1<<i) != 0 {
				set = append(set, x)
			}
		}
		if f(set) {
			return true
		}
	}
	return false
}

// permutations calls f with every order of set until it says yes.
func permutations(set []int, f func([]int) bool) bool {
	var rec func(n int) bool
	rec = func(n int) bool {
		if n == len(set) {
			return f(set)
		}
		for i := n; i < len(set); i++ {
			set[n], set[i] = set[i], set[n]
			if rec(n + 1) {
				return true
			}
			set[n], set[i] = set[i], set[n]
		}
		return false
	}
	return rec(0)
}

// explains says whether a transaction on a state would have returned what it did; it is applied to
// the state.
func (o *oracle) explains(state [][]int, x *small) bool {
	for _, op := range x.ops {
		switch seen := state[op.key]; {
		case op.write:
			state[op.key] = append(slices.Clip(seen), op.value)
		case x.kind != history.Ok:
		case o.register && !slices.Equal(op.list, seen[max(0, len(seen)-1):]),
			!o.register && !slices.Equal(op.list, seen):
			return false
		}
	}
	return true
}

// serializable: one after the other, in some order that respects the given one.
func (o *oracle) serializable(order string) bool {
	return o.committed(func(set []int) bool {
		return permutations(slices.Clone(set), func(p []int) bool {
			state := make([][]int, o.keys)
			for i, x := range p {
				for _, later := range p[i+1:] {
					if o.before(order, later, x) {
						return false
					}
				}
				if !o.explains(state, &o.txns[x]) {
					return false
				}
			}
			return true
		})
	})
}

// snapshots: each reads from the state after some of the commits before its own, none of those
// since then wrote what it wrote, and a transaction that the order puts before it is in its
// snapshot.
func (o *oracle) snapshots(order string) bool {
	return o.committed(func(set []int) bool {
		return permutations(slices.Clone(set), func(p []int) bool {
			for at, x := range p {
				explained := false
				for start := 0; start <= at && !explained; start++ {
					explained = o.snapshot(order, p, at, start, x)
				}
				if !explained {
					return false
				}
			}
			return true
		})
	})
}

// snapshot says whether the transaction at a place of the commit order can have started after the
// given number of commits.
func (o *oracle) snapshot(order string, p []int, at, start, x int) bool {
	state := make([][]int, o.keys)
	for i, y := range p {
		switch {
		case i < start:
			for _, op := range o.txns[y].ops {
				if op.write {
					state[op.key] = append(state[op.key], op.value)
				}
			}
			continue
		case i < at:
			for k := range o.keys {
				if o.txns[x].last(k) != 0 && o.txns[y].last(k) != 0 {
					return false
				}
			}
		}
		if o.before(order, y, x) {
			return false
		}
	}
	return o.explains(state, &o.txns[x])
}

// causal: for some order of the committed transactions, each sees some of those before it, with all
// that these see and with what came before it in its session, and reads of each key the version of
// the last that it sees (Cerone, Bernardi and Gotsman, A Framework for Transactional Consistency
// Models with Atomic Visibility, CONCUR 2015). A version of a list holds all that was appended
// before, also when its own transaction reads it.
func (o *oracle) causal() bool {
	return o.committed(func(set []int) bool {
		return permutations(slices.Clone(set), func(p []int) bool {
			for k := range o.keys {
				var order []int
				for _, x := range p {
					for _, op := range o.txns[x].ops {
						if op.write && op.key == k {
							order = append(order, op.value)
						}
					}
				}
				if !o.fits(1, k, order, p) {
					return false
				}
			}
			sees := make([]uint, len(p)) // places in the order
			var rec func(at int) bool
			rec = func(at int) bool {
				if at == len(p) {
					return true
				}
				for seen := range uint(1) << at {
					if sees[at] = seen; o.closed(p, at, sees) && o.explains(o.seen(p, at, seen), &o.txns[p[at]]) &&
						rec(at+1) {
						return true
					}
				}
				return false
			}
			return rec(0)
		})
	})
}

// closed says that a transaction sees what those see whom it sees, and its session.
func (o *oracle) closed(p []int, at int, sees []uint) bool {
	for i, y := range p {
		switch {
		case i > at && o.before("session", y, p[at]), i < at && sees[at]&(1<<i) == 0 && o.before("session", y, p[at]):
			return false
		case i < at && sees[at]&(1<<i) != 0 && sees[i]&^sees[at] != 0:
			return false
		}
	}
	return true
}

// seen is the version of each key that the last wrote whom a transaction sees.
func (o *oracle) seen(p []int, at int, sees uint) [][]int {
	state, all := make([][]int, o.keys), make([][]int, o.keys)
	for i, y := range p[:at] {
		for _, op := range o.txns[y].ops {
			if op.write {
				all[op.key] = append(all[op.key], op.value)
			}
		}
		for k := range state {
			if sees&(1<<i) != 0 && o.txns[y].last(k) != 0 {
				state[k] = slices.Clone(all[k])
			}
		}
	}
	return state
}

// phenomena says whether, for some set of committed transactions and some version orders, Adya's
// phenomena are absent up to a level: 0 no G0, 1 no G1, 2 no G-single.
func (o *oracle) phenomena(most int, order string) bool {
	return o.committed(func(set []int) bool {
		orders := make([][]int, o.keys)
		var rec func(key int) bool
		rec = func(key int) bool {
			if key == o.keys {
				return o.absent(most, order, set, orders)
			}
			var writes []int
			for _, x := range set {
				for _, op := range o.txns[x].ops {
					if op.write && op.key == key && (!o.register || op.value == o.txns[x].last(key)) {
						writes = append(writes, op.value)
					}
				}
			}
			return permutations(writes, func(p []int) bool {
				orders[key] = p
				return o.fits(most, key, p, set) && rec(key+1)
			})
		}
		return rec(0)
	})
}

// fits says whether the reads of a list are beginnings of a version order, values of others than
// the committed left out; those as well that contradict what their own transaction did before. At
// read-uncommitted, where reads may have seen what aborted, reads that contradict each other are
// allowed.
func (o *oracle) fits(most, key int, order, set []int) bool {
	for _, x := range set {
		var earlier []int
		for _, op := range o.txns[x].ops {
			if op.key != key || o.register {
				continue
			}
			if op.write { // the order of one transaction's own appends
				if i := slices.Index(order, op.value); slices.ContainsFunc(earlier, func(v int) bool {
					return slices.Index(order, v) > i
				}) {
					return false
				}
				earlier = append(earlier, op.value)
				continue
			}
			if o.txns[x].kind != history.Ok || most == 0 && o.unclear(key) {
				continue
			}
			seen := slices.DeleteFunc(slices.Clone(op.list), func(v int) bool { return !slices.Contains(order, v) })
			if len(seen) > len(order) || !slices.Equal(seen, order[:len(seen)]) {
				return false
			}
		}
	}
	return true
}

// unclear says whether two reads of a key contradict each other.
func (o *oracle) unclear(key int) bool {
	var reads [][]int
	for i := range o.txns {
		x := &o.txns[i]
		for _, op := range x.ops {
			if op.key == key && !op.write && x.kind == history.Ok {
				reads = append(reads, op.list)
			}
		}
	}
	for _, a := range reads {
		for _, b := range reads {
			if n := min(len(a), len(b)); !slices.Equal(a[:n], b[:n]) {
				return true
			}
		}
	}
	return false
}

// writer is who wrote a value, -1 if nobody did; what failed may have been tried again.
func (o *oracle) writer(value int) int {
	found := -1
	for i, x := range o.txns {
		if slices.ContainsFunc(x.ops, func(op smallOp) bool {
			return op.write && op.value == value
		}) && (found < 0 || x.kind != history.Fail) {
			found = i
		}
	}
	return found
}

func (o *oracle) absent(most int, order string, set []int, orders [][]int) bool {
	n := len(o.txns)
	depends, anti := newMatrix(n), newMatrix(n)
	for _, a := range set {
		for _, b := range set {
			depends[a][b] = o.before(order, a, b)
		}
	}
	for _, p := range orders {
		for i := 1; i < len(p); i++ {
			if a, b := o.writer(p[i-1]), o.writer(p[i]); a != b {
				depends[a][b] = true
			}
		}
	}
	if most > 0 {
		for _, x := range set {
			if o.txns[x].kind != history.Ok {
				continue
			}
			touched := map[int]bool{}
			written := map[int]bool{}
			for _, op := range o.txns[x].ops {
				first := !touched[op.key]
				touched[op.key] = true
				// G1a, a dirty update
				if slices.ContainsFunc(op.list, func(v int) bool { return !slices.Contains(set, o.writer(v)) }) {
					return false
				}
				if op.write {
					written[op.value] = true
					continue
				}
				at := -1
				if len(op.list) > 0 {
					last := op.list[len(op.list)-1]
					switch w := o.writer(last); {
					case w == x && written[last]:
					case w == x || o.txns[w].last(op.key) != last: // a future read, G1b
						return false
					default:
						depends[w][x] = true
					}
					at = slices.Index(orders[op.key], last)
				}
				if first && at+1 < len(orders[op.key]) {
					if w := o.writer(orders[op.key][at+1]); w != x {
						anti[x][w] = true
					}
				}
			}
		}
	}
	reach := closure(depends)
	for _, a := range set {
		if reach[a][a] {
			return false
		}
		for k := range o.keys {
			if _, all := o.consistent(&o.txns[a], k); most > 1 && !all {
				return false
			}
		}
		for _, b := range set {
			if most > 1 && anti[a][b] && reach[b][a] {
				return false
			}
		}
	}
	return true
}

// consistent says how many operations of a transaction on a key come before the first, if any, that
// contradicts them: it must read its own writes, and twice the same.
func (o *oracle) consistent(x *small, key int) (n int, all bool) {
	var own, known []int
	found := false // whether known is the whole list
	for _, op := range x.ops {
		switch {
		case op.key != key:
			continue
		case !op.write && x.kind != history.Ok:
		case op.write && o.register:
			known, found = []int{op.value}, true
		case op.write:
			own, known = append(own, op.value), append(slices.Clip(known), op.value)
		case found && !slices.Equal(op.list, known), len(op.list) < len(own),
			!o.register && !slices.Equal(op.list[len(op.list)-len(own):], own):
			return n, false
		default:
			known, found = op.list, true
		}
		n++
	}
	return n, true
}

func newMatrix(n int) [][]bool {
	m := make([][]bool, n)
	for i := range m {
		m[i] = make([]bool, n)
	}
	return m
}

func closure(m [][]bool) [][]bool {
	c := newMatrix(len(m))
	for i := range m {
		copy(c[i], m[i])
	}
	for k := range c {
		for i := range c {
			for j := range c {
				c[i][j] = c[i][j] || c[i][k] && c[k][j]
			}
		}
	}
	return c
}

// items is the history without what predicate reads did not find, as the levels see it that do not
// guard predicates.
func (o *oracle) items() *oracle {
	items := &oracle{register: o.register, keys: o.keys}
	for _, x := range o.txns {
		x.ops = slices.DeleteFunc(slices.Clone(x.ops), func(op smallOp) bool { return op.absent() })
		items.txns = append(items.txns, x)
	}
	return items
}

// levels judges all of them. Repeatable-read proscribes cycles of item anti-dependencies alone
// (Adya, Liskov and O'Neil, section 5: PL-2.99 and G2-item), so that what a predicate read did not
// find says nothing there; nor does it where there are no anti-dependencies at all.
func (o *oracle) levels() map[string]bool {
	items := o.items()
	return map[string]bool{
		"read-uncommitted": items.phenomena(0, ""), "read-committed": items.phenomena(1, ""),
		"consistent-view": o.phenomena(2, ""),
		"repeatable-read": items.serializable(""), "snapshot-isolation": o.snapshots(""),
		"serializable":                      o.serializable(""),
		"strong-session-read-uncommitted":   items.phenomena(0, "session"),
		"strong-session-read-committed":     items.phenomena(1, "session"),
		"strong-session-snapshot-isolation": o.snapshots("session"),
		"strong-session-serializable":       o.serializable("session"),
		"causal":                            o.causal(),
		"strong-read-uncommitted":           items.phenomena(0, "realtime"),
		"strong-read-committed":             items.phenomena(1, "realtime"),
		"strong-snapshot-isolation":         o.snapshots("realtime"), "strict-serializable": o.serializable("realtime"),
	}
}

// history writes it down.
func (o *oracle) history(t testing.TB) *history.History {
	t.Helper()
	last := 0
	for _, x := range o.txns {
		last = max(last, x.begin, x.end)
	}
	ops := make([]history.Op, 0, 2*len(o.txns))
	for at := range last + 1 {
		for i := range o.txns {
			x := &o.txns[i]
			op := history.Op{F: "txn", Process: history.Process(x.process)}
			switch at {
			case x.begin:
				op.Value = o.value(x, false)
			case x.end:
				op.Kind, op.Value = x.kind, o.value(x, x.kind == history.Ok)
			default:
				continue
			}
			ops = append(ops, op)
		}
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	for k, begins := range o.begins {
		var value any = begins
		if o.register {
			value = begins[0]
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		h.Initial = h.Initial.Override(history.Initial{Keys: map[string]json.RawMessage{fmt.Sprint("k", k): text}})
	}
	return h
}

func (o *oracle) value(x *small, done bool) json.RawMessage {
	all := []any{}
	last := 0 // predicate read
	found := map[string]any{}
	for _, op := range x.ops {
		key := fmt.Sprint("k", op.key)
		if op.all > 0 {
			if op.all != last {
				last, found = op.all, map[string]any{}
				if done {
					all = append(all, []any{"rp", nil, found})
				} else {
					all = append(all, []any{"rp", nil, nil})
				}
			}
			switch {
			case len(op.list) == 0:
			case o.register:
				found[key] = op.list[len(op.list)-1]
			default:
				found[key] = op.list
			}
			continue
		}
		switch {
		case op.write && o.register:
			all = append(all, []any{"w", key, op.value})
		case op.write:
			all = append(all, []any{"append", key, op.value})
		case !done, len(op.list)+len(o.begins[op.key]) == 0:
			all = append(all, []any{"r", key, nil})
		case o.register:
			list := slices.Concat(o.begins[op.key], op.list)
			all = append(all, []any{"r", key, list[len(list)-1]})
		default:
			all = append(all, []any{"r", key, slices.Concat(o.begins[op.key], op.list)})
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return text
}

func (o *oracle) model() string {
	if o.register {
		return txn.RWRegister
	}
	return txn.ListAppend
}
