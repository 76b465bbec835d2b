package txn

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// liveLists draws the dependencies of list-append as they become known. An element is placed once a
// read has shown where it stands, and counts if its writer does; what a writer that counts appended
// and nobody read is late, and comes after all that was placed (X3).
type liveLists struct {
	*Online
	own *lists
	of  []*liveList
}

// liveList is what is known of a key.
type liveList struct {
	list
	versions []liveVersion // of each length of the list
	active   []bool        // elements that count
	top      int32         // place of the last that does, or none
	late     []int32       // transactions
	orphans  []orphan
}

// liveVersion is who read a version: by a junction those who did not write the key, and one who
// did.
type liveVersion struct{ junction, rival int32 }

// orphan is a read of an element that nobody is known to have written.
type orphan struct{ value, reader int32 }

func (l *liveLists) key(k int32) *liveList {
	for int(k) >= len(l.of) {
		l.of = append(l.of, &liveList{list: list{reader: none}, top: none, versions: []liveVersion{{none, none}}})
	}
	return l.of[k]
}

func (l *liveLists) reader(v int32) int32 {
	if l.values[v].place == none {
		return none
	}
	return l.key(l.values[v].key).list.reader
}

func (l *liveLists) read(x int32) error {
	if err := l.own.contradicts(x); err != nil {
		return err
	}
	reads := make([]sighted, 0, 8)
	for i, m := range l.did(x) {
		if m.write {
			continue
		}
		seen, err := l.seen(&m)
		if err != nil {
			return err
		}
		order, reader := l.key(m.key).order, l.key(m.key).list.reader
		for _, r := range reads { // a transaction can also contradict itself
			if r.key == m.key && len(r.seen) > len(order) {
				order, reader = r.seen, x
			}
		}
		if !agree(order, seen) { // before anything is drawn that would then not hold
			l.found.incompatible(m.key, reader, x, order, seen)
			if v := l.repeats(m.key, seen); v != none && l.timely {
				l.found.duplicate(m.key, v, x)
			}
			return fmt.Errorf("reads of %s contradict each other", l.keyText(m.key))
		}
		reads = append(reads, sighted{m, l.txns[x].from + int32(i), seen})
	}
	for _, r := range reads {
		of := l.key(r.key)
		if len(r.seen) > len(of.order) {
			switch v := l.repeats(r.key, r.seen); {
			case v == none:
				l.place(x, r.key, r.seen, r.list)
			case l.timely:
				l.found.duplicate(r.key, v, x)
			default:
				return fmt.Errorf("%s holds %s twice, and it may yet be appended again", l.keyText(r.key),
					l.valueText(v))
			}
		}
		switch {
		case l.accused():
		case r.prev == none:
			l.foundVersion(x, r.key, int32(len(r.seen)))
		case r.bad && len(r.seen) > 0:
			l.reread(x, r)
		}
	}
	return nil
}

// sighted is a read of a list and what it saw.
type sighted struct {
	micro
	at   int32
	seen []int32
}

// reread takes a read that contradicts what its own transaction did before (see [listReread]).
func (l *liveLists) reread(x int32, r sighted) {
	last := r.seen[len(r.seen)-1]
	if l.values[last].writer == x && l.writesLater(x, r.at, last) {
		l.found.future(r.key, last, x)
	}
	l.sawLast(x, r.key, last)
}

// seen is what a read saw. Equal texts are equal lists.
func (l *liveLists) seen(m *micro) ([]int32, error) {
	of := l.key(m.key)
	if length, ok := of.length(m.list); ok {
		return of.order[:length], nil
	}
	if rest, longer := bytes.CutPrefix(m.list, of.text); longer && len(of.text) > 0 && rest[0] == ',' {
		more, err := l.elements(m.key, rest[1:])
		return append(slices.Clip(of.order), more...), err
	}
	return l.elements(m.key, m.list)
}

// agree says that one of two lists is a beginning of the other.
func agree(order, seen []int32) bool {
	both := min(len(seen), len(order))
	return both == 0 || &seen[0] == &order[0] || slices.Equal(seen[:both], order[:both])
}

// repeats is an element that a list holds twice, or none.
func (l *liveLists) repeats(key int32, seen []int32) int32 {
	of := l.key(key)
	times := make(map[int32]bool, max(0, len(seen)-len(of.order)))
	same := 0
	for same < min(len(seen), len(of.order)) && seen[same] == of.order[same] {
		same++
	}
	for _, v := range seen[same:] {
		if p := l.values[v].place; times[v] || p != none && int(p) < same {
			return v
		}
		times[v] = true
	}
	return none
}

// place takes a longer read for the order.
func (l *liveLists) place(x, key int32, seen []int32, text []byte) {
	of := l.key(key)
	s := scanner{data: text}
	if n := len(of.ends); n > 0 {
		s.at = int(of.ends[n-1])
		if !bytes.HasPrefix(text, of.text) { // the same written otherwise
			s.at, of.ends = 0, of.ends[:0]
		} else {
			s.take(',')
		}
	}
	for range seen[len(of.ends):] {
		s.value()
		of.ends = append(of.ends, int32(s.at))
		s.take(',')
	}
	from := len(of.order)
	of.order, of.text, of.list.reader = seen, text, x
	for i, v := range seen[from:] {
		l.values[v].place = int32(from + i)
		of.versions, of.active = append(of.versions, liveVersion{none, none}), append(of.active, false)
	}
	of.late = slices.DeleteFunc(of.late, func(w int32) bool { return !l.unplaced(w, key) })
	for _, v := range seen[from:] {
		w := l.values[v].writer
		if w != none && l.txns[w].kind != history.Fail {
			l.reversed(w, key)
		}
		switch {
		case l.unwritten(v):
			if l.timely {
				l.found.nowhere(key, v, x)
			}
		case l.txns[w].kind == history.Fail:
			l.found.abortedRead(key, v, x)
		case l.txns[w].committed:
			l.activate(key, l.values[v].place)
		default:
			l.count(w)
		}
	}
}

// reversed reports that a transaction appended to a key in another order than was read.
func (l *liveLists) reversed(x, key int32) {
	var before []int32
	for _, m := range l.did(x) {
		if !m.write || m.key != key {
			continue
		}
		if v := l.values[m.value]; v.place != none {
			for _, b := range before {
				if v.standsBefore(l.values[b]) {
					l.found.reversed(key, b, m.value, l.key(key).list.reader)
					return
				}
			}
		}
		before = append(before, m.value)
	}
}

// unplaced says that a transaction appended to a key what nobody has read.
func (l *liveLists) unplaced(x, key int32) bool {
	return slices.ContainsFunc(l.did(x), func(m micro) bool {
		return m.key == key && m.write && l.values[m.value].place == none
	})
}

func (l *liveLists) settle(x int32) {
	for _, m := range l.did(x) {
		if !m.write {
			continue
		}
		if place := l.values[m.value].place; place != none {
			l.activate(m.key, place)
		} else if of := l.key(m.key); !slices.Contains(of.late, x) {
			l.delay(x, m.key)
		}
	}
}

// delay takes it that a transaction appended to a key behind all that was read.
func (l *liveLists) delay(x, key int32) {
	of := l.key(key)
	if of.top != none {
		l.depends(l.values[of.order[of.top]].writer, x, ww, key)
	}
	for length := of.top + 1; length <= int32(len(of.order)); length++ {
		l.overwrite(of.versions[length], x, key)
	}
	of.late = append(of.late, x)
}

// overwrite draws the rw of all who read a version.
func (l *liveLists) overwrite(v liveVersion, x, key int32) {
	l.draw(v.junction, l.live(x), pass, key)
	if v.rival != none {
		l.depends(v.rival, x, rw, key)
	}
}

// activate takes it that an element counts.
func (l *liveLists) activate(key, place int32) {
	of := l.key(key)
	if of.active[place] {
		return
	}
	of.active[place] = true
	x := l.values[of.order[place]].writer
	before := place - 1
	for before >= 0 && !of.active[before] {
		before--
	}
	if before >= 0 {
		l.depends(l.values[of.order[before]].writer, x, ww, key)
	}
	if place > of.top {
		of.top = place
		for _, w := range of.late {
			l.depends(x, w, ww, key)
		}
	} else {
		after := place + 1
		for !of.active[after] {
			after++
		}
		l.depends(x, l.values[of.order[after]].writer, ww, key)
	}
	for length := before + 1; length <= place; length++ {
		l.overwrite(of.versions[length], x, key)
	}
}

// foundVersion draws what follows from the version that a transaction found.
func (l *liveLists) foundVersion(x, key, length int32) {
	of := l.key(key)
	if length > 0 {
		l.sawLast(x, key, of.order[length-1])
	}
	rival := false
	for _, m := range l.did(x) {
		if !m.write || m.key != key {
			continue
		}
		rival = true
		if p := l.values[m.value].place; p != none && p < length {
			l.found.future(key, m.value, x)
		}
	}
	if !rw.in(l.look) && !rival || l.accused() {
		return
	}
	version := &of.versions[length]
	next := length // that counts
	for next <= of.top && !of.active[next] {
		next++
	}
	switch {
	case rival && version.rival != none:
		last := none
		if length > 0 {
			last = of.order[length-1]
		}
		l.found.lostUpdate(key, last, []int32{version.rival, x}, false)
	case rival:
		version.rival = x
		l.leads(x, key, next, func(to int32) { l.depends(x, to, rw, key) })
	case next == length && next <= of.top:
		l.depends(x, l.values[of.order[next]].writer, rw, key)
	default:
		if version.junction == none {
			version.junction = l.junction()
			l.leads(x, key, next, func(to int32) { l.draw(version.junction, l.live(to), pass, key) })
		}
		l.draw(l.live(x), version.junction, rw, key)
	}
}

// leads calls draw with the writer of a place, or with all who are late if that is beyond the last.
func (l *liveLists) leads(x, key, next int32, draw func(to int32)) {
	of := l.key(key)
	if next <= of.top {
		draw(l.values[of.order[next]].writer)
		return
	}
	for _, w := range of.late {
		draw(w)
	}
}

// sawLast takes it that a transaction saw an element as the last.
func (l *liveLists) sawLast(x, key, v int32) {
	switch w := l.values[v].writer; {
	case l.unwritten(v):
		of := l.key(key)
		of.orphans = append(of.orphans, orphan{v, x})
	case w == x || l.txns[w].kind == history.Fail: // reported elsewhere
	case !l.values[v].final:
		l.found.intermediateRead(key, v, x)
	case l.txns[w].committed:
		l.depends(w, x, wr, key)
	}
}

func (l *liveLists) claim(x, v int32) {
	key := l.values[v].key
	of := l.key(key)
	if l.values[v].place == none {
		return
	}
	l.reversed(x, key)
	l.count(x)
	for _, o := range of.orphans {
		if o.value == v {
			l.sawLast(o.reader, key, v)
		}
	}
	of.orphans = slices.DeleteFunc(of.orphans, func(o orphan) bool { return o.value == v })
}
