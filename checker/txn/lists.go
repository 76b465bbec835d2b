package txn

import (
	"bytes"
	"slices"
	"sort"

	"github.com/splitvote/splitvote/history"
)

// list is what the reads of one key tell about it.
type list struct {
	text    []byte  // of the longest read
	reader  int32   // who made it, or none
	order   []int32 // its elements: the version order (X3)
	ends    []int32 // where in the text each of them ends
	unclear bool    // reads contradict each other or themselves, so that there is no order to go by
	reads   []listRead
	rereads []listReread
}

// listRead is how a committed transaction that had not yet appended to a key found it.
type listRead struct {
	txn    int32
	length int32 // how much of the order it saw, or none if that was something else
	last   int32 // the last element it saw, or none
}

// listReread is a read that contradicts what its own transaction did before. The list that it
// returned existed all the same: it shows the order of the elements like any other read, and
// depends on the writer of the last one.
type listReread struct {
	listRead
	micro int32
}

// lists takes the history apart by key.
type lists struct {
	*graph
	of    []list
	late  [][]int32 // of each key the committed transactions that appended to it what nobody read, ascending
	found *findings

	tangled []int32 // transactions whose appends were read in another order
}

// appends finds what is wrong with a list-append history without a graph and draws the
// dependencies. Complete says that at most one committed append of each key was never read, so that
// the version order is known.
func appends(g *graph, found *findings) (complete bool, err error) {
	l := &lists{graph: g, of: make([]list, len(g.keys)), found: found}
	found.lists = l
	for k := range l.of {
		l.of[k].reader = none
	}
	for _, step := range []func() error{l.internal, l.longest, l.place} {
		if err := step(); err != nil {
			return false, err
		}
	}
	for k := range l.of {
		of := &l.of[k]
		if of.reader != none && l.inspect(int32(k), of.order, of.reader) {
			of.unclear = true
		}
	}
	l.inspectReads()
	for x := range l.txns {
		if l.txns[x].committed && l.reversed(int32(x)) {
			l.tangled = append(l.tangled, int32(x))
		}
	}
	complete = l.unread()
	for k := range l.of {
		l.dependencies(int32(k), l.late[k])
	}
	return complete, nil
}

// internal compares every read of a key with what its own transaction did to the key before.
func (l *lists) internal() error {
	for x := range l.txns {
		if err := l.contradicts(int32(x)); err != nil {
			return err
		}
	}
	return nil
}

// contradicts reports the reads with which one transaction contradicts itself.
func (l *lists) contradicts(x int32) error {
	for i := l.txns[x].from; i < l.txns[x].to; i++ {
		m := &l.micros[i]
		if m.write || m.prev == none {
			continue
		}
		var want []int32 // appended since the read before
		base := m.prev
		for ; base != none && l.micros[base].write; base = l.micros[base].prev {
			want = append(want, l.micros[base].value)
		}
		if base != none && l.micros[base].bad { // said already
			m.bad = true
			continue
		}
		if base != none && len(want) == 0 && bytes.Equal(l.micros[base].list, m.list) {
			continue
		}
		slices.Reverse(want)
		got, err := l.elements(m.key, m.list)
		if err != nil {
			return err
		}
		rest := got[max(0, len(got)-len(want)):]
		if base != none {
			read, err := l.elements(m.key, l.micros[base].list)
			if err != nil {
				return err
			}
			want, rest = append(read, want...), got
		}
		if !slices.Equal(rest, want) {
			m.bad = true
			text := l.listOf(m.key, want)
			if base == none {
				text = "a list that ends in " + ended(l.words(want))
			}
			l.found.internal(x, m, text)
		}
	}
	return nil
}

// longest takes each key's longest read, by its text, for the version order.
func (l *lists) longest() error {
	for x := range l.txns {
		for i := l.txns[x].from; i < l.txns[x].to; i++ {
			m := &l.micros[i]
			if of := &l.of[m.key]; !m.write && (len(m.list) > len(of.text) || of.reader == none) {
				of.text, of.reader = m.list, int32(x)
			}
		}
	}
	for k := range l.of {
		of := &l.of[k]
		order, err := l.elements(int32(k), of.text)
		if err != nil {
			return err
		}
		l.adopt(of, order, of.text, of.reader)
	}
	return nil
}

// adopt takes a read for the version order.
func (l *lists) adopt(of *list, order []int32, text []byte, reader int32) {
	of.order, of.text, of.reader, of.ends = order, text, reader, make([]int32, 0, len(order))
	s := scanner{data: text}
	for i, v := range order {
		s.value()
		of.ends = append(of.ends, int32(s.at))
		s.take(',')
		l.values[v].place = int32(i)
		l.see(v)
	}
}

// length is how many elements of the order a read saw. Equal texts are equal lists; different
// texts prove nothing.
func (of *list) length(text []byte) (n int32, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	i := sort.Search(len(of.ends), func(i int) bool { return int(of.ends[i]) >= len(text) })
	return int32(i + 1), i < len(of.ends) && int(of.ends[i]) == len(text) && bytes.HasPrefix(of.text, text)
}

// place finds every read in the order of its key.
func (l *lists) place() error {
	for x := range l.txns {
		for i := l.txns[x].from; i < l.txns[x].to; i++ {
			m := &l.micros[i]
			if m.write {
				continue
			}
			of := &l.of[m.key]
			r := listRead{txn: int32(x), last: none}
			var ok bool
			if r.length, ok = of.length(m.list); !ok {
				seen, err := l.elements(m.key, m.list)
				if err != nil {
					return err
				}
				r.length, r.last = l.compare(of, m, seen, int32(x))
			}
			if r.length > 0 {
				r.last = of.order[r.length-1]
			}
			switch {
			case m.prev == none:
				of.reads = append(of.reads, r)
			case m.bad:
				of.rereads = append(of.rereads, listReread{r, i})
			}
		}
	}
	return nil
}

// compare is how much of the order a list has whose text is not a prefix of the order's. If it is
// longer it becomes the order; if neither is a prefix of the other there is none.
func (l *lists) compare(of *list, m *micro, seen []int32, x int32) (length, last int32) {
	if both := min(len(seen), len(of.order)); !slices.Equal(seen[:both], of.order[:both]) {
		for _, v := range seen {
			l.see(v)
		}
		of.unclear = true
		l.found.incompatible(m.key, of.reader, x, of.order, seen)
		l.inspect(m.key, seen, x)
		return none, seen[len(seen)-1]
	}
	if len(seen) > len(of.order) {
		l.adopt(of, seen, m.list, x)
	}
	return int32(len(seen)), none
}

// inspect reports what cannot be in a list that was read, and says whether an element is there
// twice.
func (l *lists) inspect(key int32, seen []int32, reader int32) (repeats bool) {
	times := make(map[int32]bool, len(seen))
	aborted := none // the latest element of a failed transaction
	for _, v := range seen {
		switch {
		case times[v]:
			repeats = true
			l.found.duplicate(key, v, reader)
		case l.values[v].writer == none:
			l.found.nowhere(key, v, reader)
		case l.aborted(v):
			aborted = v
		case aborted != none:
			l.found.dirtyUpdate(key, aborted, v, reader)
			aborted = none
		}
		times[v] = true
	}
	return repeats
}

// inspectReads reports reads that end in what no other transaction may see, or in the reader's own
// future.
func (l *lists) inspectReads() {
	for k := range l.of {
		for _, r := range l.of[k].reads {
			switch v := r.last; {
			case v == none || l.values[v].writer == none:
			case l.values[v].writer == r.txn:
				l.found.future(int32(k), v, r.txn)
			case l.aborted(v):
				l.found.abortedRead(int32(k), v, r.txn)
			case !l.values[v].final:
				l.found.intermediateRead(int32(k), v, r.txn)
			}
		}
		for _, r := range l.of[k].rereads {
			switch v := r.last; {
			case v == none || l.values[v].writer == none:
			case l.values[v].writer == r.txn:
				if l.writesLater(r.txn, r.micro, v) {
					l.found.future(int32(k), v, r.txn)
				}
			case l.aborted(v):
				l.found.abortedRead(int32(k), v, r.txn)
			case !l.values[v].final:
				l.found.intermediateRead(int32(k), v, r.txn)
			}
		}
	}
	for x := range l.txns { // a read may also have seen an own element that others had already appended to
		for _, m := range l.did(int32(x)) {
			if !m.write || l.values[m.value].place == none {
				continue
			}
			first := m.prev
			for first != none && l.micros[first].prev != none {
				first = l.micros[first].prev
			}
			if first == none || l.micros[first].write || l.micros[first].bad {
				continue
			}
			n, ok := l.of[m.key].length(l.micros[first].list)
			if place := l.values[m.value].place; ok && place < n-1 {
				l.found.future(m.key, m.value, int32(x))
			}
		}
	}
}

// unread finds who appended what nobody read. Complete says that there is at most one such append
// for each key.
func (l *lists) unread() (complete bool) {
	l.late = make([][]int32, len(l.of))
	complete = true
	for x := range l.txns {
		if !l.txns[x].committed {
			continue
		}
		for _, m := range l.did(int32(x)) {
			if !m.write || l.values[m.value].place != none {
				continue
			}
			late := &l.late[m.key]
			if n := len(*late); n > 0 && (*late)[n-1] == int32(x) {
				complete = false
				continue
			}
			*late = append(*late, int32(x))
			complete = complete && len(*late) == 1
		}
	}
	return complete
}

// dependencies draws those of one key.
func (l *lists) dependencies(key int32, late []int32) {
	of := &l.of[key]
	from := func(r listRead) {
		if r.last != none && l.committed(r.last) && l.values[r.last].final {
			l.add(l.values[r.last].writer, r.txn, wr, key)
		}
	}
	for _, r := range of.reads {
		from(r)
	}
	for _, r := range of.rereads {
		from(r.listRead)
	}
	if of.unclear {
		return
	}
	next := make([]int32, len(of.order)+1) // writer of the first committed element from a place on
	next[len(of.order)] = none
	for i := len(of.order) - 1; i >= 0; i-- {
		if next[i] = next[i+1]; l.committed(of.order[i]) {
			next[i] = l.values[of.order[i]].writer
		}
	}
	last, certain := none, none
	// ww, from the writer before; over those that ended info also from one that surely committed
	// (X1)
	follow := func(w int32) {
		if last != none {
			l.add(last, w, ww, key)
		}
		if certain != none && certain != last {
			l.add(certain, w, ww, key)
		}
	}
	for _, v := range of.order {
		if !l.committed(v) {
			continue
		}
		w := l.values[v].writer
		follow(w)
		if last = w; l.txns[w].kind == history.Ok {
			certain = w
		}
	}
	for _, w := range late {
		follow(w)
	}
	slices.SortStableFunc(of.reads, func(a, b listRead) int { return int(a.length - b.length) })
	l.overwroteInitial(key, of.reads, next[0], late)
	for from := 0; from < len(of.reads); { // rw, version by version
		to := from
		for to < len(of.reads) && of.reads[to].length == of.reads[from].length {
			to++
		}
		l.overwrites(key, of.reads[from:to], next, late)
		from = to
	}
}

// overwroteInitial records, for predicate reads, who appended first to a key, and who read it
// empty and appended to it.
func (l *lists) overwroteInitial(key int32, reads []listRead, first int32, late []int32) {
	if l.initial == nil {
		return
	}
	of := &l.initial[key]
	if of.writers = late; first != none {
		of.writers = []int32{first}
	}
	for _, r := range reads {
		if r.length == 0 && l.writesTo(r.txn, key) {
			of.rivals = append(of.rivals, r.txn)
		}
	}
	slices.Sort(of.rivals)
}

// overwrites draws the rw of all who read the same version.
func (l *lists) overwrites(key int32, reads []listRead, next, late []int32) {
	length := reads[0].length
	if length == none {
		return
	}
	var readers, rivals []int32
	for _, r := range reads {
		readers = append(readers, r.txn)
		if l.writesTo(r.txn, key) {
			rivals = append(rivals, r.txn)
		}
	}
	slices.Sort(rivals)
	if len(rivals) > 1 {
		l.found.lostUpdate(key, reads[0].last, rivals, false)
	}
	if w := next[length]; w != none {
		late = []int32{w}
	}
	l.overwritten(readers, late, rivals, rw, key)
}

// reversed reports a key to which a transaction appended in another order than was read, if there
// is one.
func (l *lists) reversed(x int32) (yes bool) {
	for _, m := range l.did(x) {
		if !m.write || l.values[m.value].place == none || l.of[m.key].unclear {
			continue
		}
		for p := m.prev; p != none; p = l.micros[p].prev {
			before := &l.micros[p]
			if before.write && l.values[m.value].standsBefore(l.values[before.value]) {
				l.found.reversed(m.key, before.value, m.value, l.of[m.key].reader)
				return true
			}
		}
	}
	return false
}

// standsBefore says that an element that was read stands before another, or that nobody read the
// other.
func (v value) standsBefore(other value) bool { return uint32(v.place) < uint32(other.place) } // none is the greatest

// disordered says that reads leave the order open in which transactions appended that certainly
// committed: one of them appended in another order than was read, or two of them appended to a key
// whose reads contradict each other.
func (l *lists) disordered() bool {
	writer := make([]int32, len(l.of))
	for k := range writer {
		writer[k] = none
	}
	for i := range l.txns {
		x := int32(i)
		if l.txns[x].kind != history.Ok {
			continue
		}
		for _, m := range l.did(x) {
			if !m.write {
				continue
			}
			if l.of[m.key].unclear {
				if writer[m.key] != none && writer[m.key] != x {
					return true
				}
				writer[m.key] = x
			}
		}
	}
	return slices.ContainsFunc(l.tangled, func(x int32) bool { return l.txns[x].kind == history.Ok })
}

// writesLater says that a transaction wrote a value after one of its micro-operations.
func (t *trace) writesLater(x, micro, v int32) bool {
	for i := micro + 1; i < t.txns[x].to; i++ {
		if m := &t.micros[i]; m.write && m.value == v {
			return true
		}
	}
	return false
}

// writesTo says whether a transaction writes a key.
func (t *trace) writesTo(x, key int32) bool {
	for i := t.txns[x].from; i < t.txns[x].to; i++ {
		if m := &t.micros[i]; m.write && m.key == key {
			return true
		}
	}
	return false
}
