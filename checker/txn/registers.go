package txn

import (
	"cmp"
	"slices"
)

// register is what is known of one key.
type register struct {
	versions []version // the first is the initial null
	writers  []int32   // committed transactions that wrote the key, ascending
}

// version is a value of a register, and the committed transactions that found it there before they
// wrote the key, ascending.
type version struct {
	value   int32 // none for null
	writer  int32 // who wrote it, if that committed, else none
	readers []int32
	rivals  []int32 // those readers that wrote the key too
}

// registers takes the history apart by key.
type registers struct {
	*graph
	of    []register
	at    []int32 // of each value the version of its key, 0 for none
	found *findings
}

// writesAndReads finds what is wrong with an rw-register history without a graph and draws the
// dependencies. Complete says that the versions of each key are known to be a chain.
func writesAndReads(g *graph, found *findings) (complete bool) {
	r := &registers{graph: g, of: make([]register, len(g.keys)), at: make([]int32, len(g.values)), found: found}
	found.registers = r
	for k := range r.of {
		r.of[k].versions = []version{{value: none, writer: none}}
	}
	r.internal()
	r.collect()
	complete = true
	for k := range r.of {
		circular := r.cyclic(int32(k))
		complete = r.dependencies(int32(k), circular) && complete
		r.followSessions(int32(k))
		r.followRealTime(int32(k))
	}
	return complete
}

// internal compares every read with what its own transaction read or wrote before.
func (r *registers) internal() {
	for x := range r.txns {
		r.contradicts(int32(x))
	}
}

// contradicts reports the reads with which one transaction contradicts itself.
func (r *registers) contradicts(x int32) {
	for i := r.txns[x].from; i < r.txns[x].to; i++ {
		m := &r.micros[i]
		if m.write || m.prev == none || r.micros[m.prev].value == m.value {
			continue
		}
		m.bad = true
		r.found.internal(x, m, r.versionText(m.key, r.micros[m.prev].value))
	}
}

// collect enters reads and writes as versions, and reports reads of what nobody may see.
func (r *registers) collect() {
	for x := range r.txns {
		if !r.txns[x].committed { // ok, because nothing has been read yet
			continue
		}
		for _, m := range r.did(int32(x)) {
			if m.write || m.prev != none {
				continue
			}
			of, version := &r.of[m.key], int32(0)
			if m.value != none {
				v := r.values[m.value]
				switch {
				case v.writer == none:
					r.found.nowhere(m.key, m.value, int32(x))
				case v.writer == int32(x):
					r.found.future(m.key, m.value, int32(x))
				case r.aborted(m.value):
					r.found.abortedRead(m.key, m.value, int32(x))
				case !v.final:
					r.found.intermediateRead(m.key, m.value, int32(x))
				}
				if v.writer == none || v.writer == int32(x) || r.aborted(m.value) || !v.final {
					r.see(m.value)
					continue
				}
				r.see(m.value)
				version = r.version(m.value)
			}
			v := &of.versions[version]
			v.readers = append(v.readers, int32(x))
			if r.writesTo(int32(x), m.key) {
				v.rivals = append(v.rivals, int32(x))
			}
		}
	}
	for x := range r.txns {
		if !r.txns[x].committed {
			continue
		}
		for i := r.txns[x].from; i < r.txns[x].to; i++ {
			if r.micros[i].bad && r.micros[i].value != none {
				r.reread(int32(x), i)
			}
		}
		for _, m := range r.did(int32(x)) {
			if m.write && r.values[m.value].final {
				r.version(m.value)
				r.of[m.key].writers = append(r.of[m.key].writers, int32(x))
			}
		}
	}
}

// reread enters a read that contradicts what its transaction did before: whoever wrote the value
// comes before it all the same.
func (r *registers) reread(x, micro int32) {
	key, value := r.micros[micro].key, r.micros[micro].value
	switch v := r.values[value]; {
	case v.writer == none:
		r.found.nowhere(key, value, x)
		return
	case v.writer == x:
		if r.writesLater(x, micro, value) {
			r.found.future(key, value, x)
		}
		return
	case r.aborted(value):
		r.found.abortedRead(key, value, x)
		return
	case !v.final:
		r.found.intermediateRead(key, value, x)
		r.see(value)
		return
	}
	r.see(value)
	r.add(r.values[value].writer, x, wr, key)
}

// version is the number of the version that a value is of its key.
func (r *registers) version(v int32) int32 {
	if r.at[v] == 0 {
		of := &r.of[r.values[v].key]
		of.versions = append(of.versions, version{value: v, writer: r.values[v].writer})
		r.at[v] = int32(len(of.versions) - 1)
	}
	return r.at[v]
}

// follows is the version of a key that a transaction found there, if it read it before it wrote it.
func (r *registers) follows(x, key int32) (found int32, ok bool) {
	for _, m := range r.did(x) {
		if m.key == key && m.prev == none {
			if m.write {
				return 0, false
			}
			if m.value == none {
				return 0, true
			}
			return r.at[m.value], r.at[m.value] != 0
		}
	}
	return 0, false
}

// cyclic reports versions that come before each other because each was written by who had read the
// one before, and lists the transactions that wrote them, ascending.
func (r *registers) cyclic(key int32) (circular []int32) {
	of := &r.of[key]
	walk := make([]int32, len(of.versions)) // on which walk a version was first met
	for start := 1; start < len(of.versions); start++ {
		at := int32(start)
		for at != 0 && walk[at] == 0 {
			walk[at] = int32(start)
			if w := of.versions[at].writer; w == none {
				at = 0
			} else if at, _ = r.follows(w, key); at < 0 {
				at = 0
			}
		}
		if at == 0 || walk[at] != int32(start) {
			continue
		}
		var cycle []int32
		for v := at; len(cycle) == 0 || v != at; {
			w := of.versions[v].writer
			cycle = append(cycle, w)
			v, _ = r.follows(w, key)
		}
		slices.Reverse(cycle) // each now read what the one before it wrote
		r.found.cyclicVersions(key, cycle)
		circular = append(circular, cycle...)
	}
	slices.Sort(circular)
	return circular
}

// dependencies draws those of one key that hold at every level, and says whether its versions are
// a chain.
func (r *registers) dependencies(key int32, circular []int32) (chain bool) {
	of := &r.of[key]
	roots := len(of.writers) // versions of which it is not known what they replaced
	for i := range of.versions {
		v := &of.versions[i]
		if len(v.rivals) > 1 {
			r.found.lostUpdate(key, v.value, v.rivals, false)
		}
		if v.writer != none {
			for _, reader := range v.readers {
				if !(contains(circular, v.writer) && contains(circular, reader)) {
					r.add(v.writer, reader, wr, key)
				}
			}
		}
		later := v.rivals
		if i == 0 {
			later = of.writers
		} else {
			roots -= len(v.rivals)
		}
		r.overwritten(v.readers, later, v.rivals, rw, key)
	}
	if r.initial != nil {
		r.initial[key] = initial{writers: of.writers, rivals: of.versions[0].rivals}
	}
	return roots <= 1
}

// touch is a transaction that found a version of a key or left it.
type touch struct {
	txn, version int32
	left         bool
}

// touches lists them; a transaction that found one version and left another has two.
func (r *registers) touches(key int32) []touch {
	var all []touch
	of := &r.of[key]
	for i := range of.versions {
		v := &of.versions[i]
		if v.writer != none {
			all = append(all, touch{v.writer, int32(i), true})
		}
		for _, x := range v.readers {
			all = append(all, touch{x, int32(i), false})
		}
	}
	return all
}

// followSessions draws what follows if the versions of a key follow the order of sessions: of two
// transactions of a session that touched two versions, one after the other, everyone who found or
// left the first comes before the writer of the second (X4).
func (r *registers) followSessions(key int32) {
	of := &r.of[key]
	if len(of.versions) < 3 { // the only version besides the initial one
		return
	}
	all := r.touches(key)
	slices.SortFunc(all, func(a, b touch) int {
		x, y := &r.txns[a.txn], &r.txns[b.txn]
		found := 0
		if a.left != b.left {
			found = 1
			if b.left {
				found = -1
			}
		}
		return cmp.Or(cmp.Compare(x.process, y.process), cmp.Compare(x.begin, y.begin), found)
	})
	later := make([][]int32, len(of.versions)) // transactions that wrote one that follows
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if r.txns[a.txn].process != r.txns[b.txn].process || a.txn == b.txn || a.version == b.version ||
			b.version == 0 {
			continue
		}
		later[a.version] = append(later[a.version], of.versions[b.version].writer)
	}
	for i := range later {
		v := &of.versions[i]
		slices.Sort(later[i])
		writers := slices.Compact(later[i])
		r.overwritten(v.readers, writers, v.rivals, rwProcess, key)
		for _, w := range writers {
			if v.writer != none {
				r.add(v.writer, w, wwProcess, key)
			}
		}
	}
}
