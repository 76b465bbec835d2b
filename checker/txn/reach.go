package txn

import "slices"

// reach says which states of a graph without cycles come after which: for each a row of bits, one
// for each of the states that stand behind it in a topological order, as far as the window goes.
// States farther away are not recorded. In a history whose transactions depend on near ones there
// are few: the order follows the numbers of states where it can.
type reach struct {
	next   [][]int32 // states
	place  []int32   // in the order, none for a state without edges
	order  []int32   // states
	window int       // bits of a row
	rows   []uint64
}

// The bounds of the rows: in bits all together, and of one at least.
const (
	mostBits    = 1 << 29
	leastWindow = 1 << 8
)

// draw begins anew with the arcs that it is told, among so many states, and says how many words of
// rows that is.
func (r *reach) draw(states int, arcs func(visit func(from, to int32))) (words int) {
	if len(r.next) < states {
		r.next, r.place = make([][]int32, states), make([]int32, states)
	}
	for i := range r.next {
		r.next[i], r.place[i] = r.next[i][:0], none
	}
	drawn := 0
	arcs(func(from, to int32) {
		r.next[from] = append(r.next[from], to)
		drawn++
	})
	return drawn * max(1, r.window/64)
}

// sort puts the states from which arcs lead into a topological order, and those to which they lead;
// not ok if there is none. It begins with so many of them, from the last to the first, so that each
// stands right before those that it has to.
func (r *reach) sort(roots int32) (ok bool) {
	const under, done = -2, -3 // way
	type frame struct {
		state int32
		arc   int
	}
	r.order = r.order[:0]
	var path []frame
	for root := roots - 1; root >= 0; root-- {
		if len(r.next[root]) == 0 || r.place[root] != none {
			continue
		}
		r.place[root] = under
		path = append(path, frame{root, 0})
		for len(path) > 0 {
			f := &path[len(path)-1]
			if f.arc == len(r.next[f.state]) {
				r.place[f.state] = done
				r.order = append(r.order, f.state)
				path = path[:len(path)-1]
				continue
			}
			to := r.next[f.state][f.arc]
			f.arc++
			switch r.place[to] {
			case under:
				return false
			case none:
				r.place[to] = under
				path = append(path, frame{to, 0})
			}
		}
	}
	slices.Reverse(r.order)
	for i, s := range r.order {
		r.place[s] = int32(i)
	}
	return true
}

// fill makes the rows, with the given total of bits.
func (r *reach) fill(bits int) {
	n := len(r.order)
	r.window = min((n+63)/64*64, max(bits/max(n, 1)/64*64, leastWindow))
	words := r.window / 64
	if len(r.rows) < n*words {
		r.rows = make([]uint64, n*words)
	}
	clear(r.rows[:n*words])
	for at := n - 1; at >= 0; at-- {
		row := r.row(int32(at))
		for _, to := range r.next[r.order[at]] {
			if far := int(r.place[to]) - at; far <= r.window {
				shiftOr(row, r.row(r.place[to]), far)
				row[(far-1)/64] |= 1 << ((far - 1) % 64)
			}
		}
	}
}

func (r *reach) row(place int32) []uint64 {
	words := r.window / 64
	return r.rows[int(place)*words : (int(place)+1)*words]
}

// shiftOr enters what another row has that begins so many places farther on.
func shiftOr(row, other []uint64, by int) {
	words, bits := by/64, by%64
	for i := len(row) - 1; i >= words; i-- {
		w := other[i-words] << bits
		if bits > 0 && i > words {
			w |= other[i-words-1] >> (64 - bits)
		}
		row[i] |= w
	}
}

// whole says that nothing is out of sight.
func (r *reach) whole() bool { return len(r.order) <= r.window }

// comes says that one state is known to come after another.
func (r *reach) comes(first, after int32) bool {
	if r.place[first] < 0 || r.place[after] < 0 {
		return false
	}
	far := int(r.place[after] - r.place[first])
	return far > 0 && far <= r.window && r.row(r.place[first])[(far-1)/64]&(1<<((far-1)%64)) != 0
}

// note takes it that one state comes after another, until all is drawn anew.
func (r *reach) note(first, after int32) {
	if r.place[first] < 0 || r.place[after] < 0 {
		return
	}
	if far := int(r.place[after] - r.place[first]); far > 0 && far <= r.window {
		r.row(r.place[first])[(far-1)/64] |= 1 << ((far - 1) % 64)
	}
}
