package txn

import (
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// label is what an arrow of a drawing says: the key that the transactions met at.
func (f *findings) label(d dependency) string {
	if d.key == none {
		return ""
	}
	return f.keyText(d.key)
}

// sentence says why one transaction comes before another, and which further transactions show it.
func (f *findings) sentence(d dependency) (text string, witnesses []int32) {
	a, b := f.op(d.from), f.op(d.to)
	switch d.kind {
	case process:
		return fmt.Sprintf("%s came before %s in the session of p%v", a, b, f.txns[d.from].process), nil
	case realtime:
		return fmt.Sprintf("%s ended before %s began", a, b), nil
	}
	key := f.keyText(d.key)
	if d.kind == rwPredicate {
		return fmt.Sprintf("%s read all keys and did not find %s, before %s %s", a, key, b,
			f.wrote(f.writeOf(d.to, d.key))), nil
	}
	if d.kind == wwForced {
		return fmt.Sprintf("%s left %s at %s, before %s left %s", a, f.left(d.from, d.key), key, b,
			f.left(d.to, d.key)), nil
	}
	if f.lists != nil {
		return f.listSentence(d, a, b, key)
	}
	read := f.firstRead(d.from, d.key)
	switch d.kind {
	case wr:
		return fmt.Sprintf("%s %s, which %s read", a, f.wrote(f.lastWrite(d.from, d.key)), b), nil
	case rw, rwForced:
		return fmt.Sprintf("%s read %s as %s, before %s %s", a, key, f.versionText(d.key, read), b,
			f.wrote(f.lastWrite(d.to, d.key))), nil
	}
	older, newer := read, f.lastWrite(d.to, d.key)
	text = fmt.Sprintf("%s read %s as %s", a, key, f.versionText(d.key, older))
	if d.kind.in(inferredWW) {
		older = f.lastWrite(d.from, d.key)
		text = a + " " + f.wrote(older)
	}
	first, second := f.registers.shown(d, older, newer)
	order := "ended before the beginning of"
	if d.kind == wwProcess || d.kind == rwProcess {
		order = "came in one session before"
	}
	return fmt.Sprintf("%s, before %s %s: %s is older than %s, as %s %s %s", text, b, f.wrote(newer),
			f.having(first, d.key, older), f.having(second, d.key, newer), f.op(first), order, f.op(second)),
		[]int32{first, second}
}

// having is a value, and who had it.
func (f *findings) having(x, key, v int32) string {
	verb := "read"
	if f.lastWrite(x, key) == v {
		verb = "wrote"
	}
	return fmt.Sprintf("the %s that %s %s", f.versionText(key, v), f.op(x), verb)
}

func (f *findings) listSentence(d dependency, a, b, key string) (text string, witnesses []int32) {
	of := &f.lists.of[d.key]
	switch d.kind {
	case wr:
		for _, r := range f.lists.readsOf(d.key) {
			if r.txn == d.to && r.last != none && f.values[r.last].writer == d.from {
				return fmt.Sprintf("%s %s, which %s read", a, f.wrote(r.last), b), nil
			}
		}
		for _, m := range f.did(d.to) {
			if m.write || m.key != d.key {
				continue
			}
			if last, ok := f.lists.below(d.to, &m); ok && last != none && f.values[last].writer == d.from {
				return fmt.Sprintf("%s %s, which %s read below its own", a, f.wrote(last), b), nil
			}
		}
	case ww:
		last := none
		for _, v := range of.order {
			switch f.values[v].writer {
			case d.from:
				last = v
			case d.to:
				if last != none {
					return fmt.Sprintf("%s %s before %s %s, as %s read", a, f.wrote(last), b, f.wrote(v),
						f.op(of.reader)), []int32{of.reader}
				}
			}
		}
		return fmt.Sprintf("%s %s before %s %s, which %s did not read yet", a, f.wrote(last), b,
			f.wrote(f.unread(d.to, d.key)), f.op(of.reader)), []int32{of.reader}
	case rw:
		for _, r := range of.reads {
			if r.txn != d.from {
				continue
			}
			seen := f.listOf(d.key, of.order[:r.length])
			for _, v := range of.order[r.length:] {
				if f.committed(v) && f.values[v].writer == d.to {
					return fmt.Sprintf("%s read %s as %s, before %s appended %s, as %s read", a, key, seen, b,
							f.valueText(v), f.op(of.reader)),
						[]int32{of.reader}
				}
			}
			return fmt.Sprintf("%s read %s as %s, before %s appended %s", a, key, seen, b,
				f.valueText(f.unread(d.to, d.key))), nil
		}
	}
	return fmt.Sprintf("%s came before %s at %s", a, b, key), nil
}

// readsOf are the reads of a key that found what another transaction left.
func (l *lists) readsOf(key int32) []listRead {
	all := slices.Clone(l.of[key].reads)
	for _, r := range l.of[key].rereads {
		all = append(all, r.listRead)
	}
	return all
}

// unread is a value that a transaction appended to a key and that nobody read.
func (f *findings) unread(x, key int32) int32 {
	for _, m := range f.did(x) {
		if m.write && m.key == key && f.values[m.value].place == none {
			return m.value
		}
	}
	return f.writeOf(x, key)
}

// lastWrite is the last value that a transaction wrote to a key.
func (f *findings) lastWrite(x, key int32) int32 {
	last := none
	for _, m := range f.did(x) {
		if m.write && m.key == key {
			last = m.value
		}
	}
	return last
}

// firstRead is what a transaction found at a key.
func (f *findings) firstRead(x, key int32) int32 {
	for _, m := range f.did(x) {
		if !m.write && m.key == key {
			return m.value
		}
	}
	return none
}

// shown finds two transactions, one of which found or left the older value, and the other the newer
// one, whose order shows the order of the values.
func (r *registers) shown(d dependency, older, newer int32) (first, second int32) {
	first, second = d.from, d.to
	if d.kind == wwRealtime || d.kind == rwRealtime {
		for _, t := range r.touches(d.key) {
			x := &r.txns[t.txn]
			switch r.of[d.key].versions[t.version].value {
			case older:
				if end := r.txns[first].end; x.end != none && (end == none || x.end < end) {
					first = t.txn
				}
			case newer:
				if x.begin > r.txns[second].begin {
					second = t.txn
				}
			}
		}
		return first, second
	}
	versions := r.of[d.key].versions
	earliest := map[history.Process]int32{} // of the reads of the older value
	for _, t := range r.touches(d.key) {
		p := r.txns[t.txn].process
		if e, ok := earliest[p]; versions[t.version].value == older && (!ok || r.txns[t.txn].begin < r.txns[e].begin) {
			earliest[p] = t.txn
		}
	}
	for _, t := range r.touches(d.key) {
		if e, ok := earliest[r.txns[t.txn].process]; ok && versions[t.version].value == newer &&
			r.txns[e].begin < r.txns[t.txn].begin {
			return e, t.txn
		}
	}
	return first, second
}
