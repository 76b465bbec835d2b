package txn

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// liveRegisters draws the dependencies of rw-register as far as the order of versions is known at
// once: the initial null comes before every write, what a transaction read before what it wrote,
// and where real time orders transactions, a version that somebody had touched before before the
// newest (X4).
type liveRegisters struct {
	*Online
	own      *registers
	of       []*liveRegister
	versions []registerVersion // by value
}

// liveRegister is what is known of a key.
type liveRegister struct {
	initial liveVersion
	writers []int32 // that count
	newest  int32   // the value whose last toucher began last, or none
}

// registerVersion is a value of a register.
type registerVersion struct {
	liveVersion
	reader  int32   // one of them, or none
	orphans []int32 // readers, while nobody is known to have written it
	first   int32   // when the first who is known to have touched it ended, 0 for never
	latest  int32   // when the last of them began
}

func (r *liveRegisters) key(k int32) *liveRegister {
	for int(k) >= len(r.of) {
		r.of = append(r.of, &liveRegister{initial: liveVersion{none, none}, newest: none})
	}
	return r.of[k]
}

func (r *liveRegisters) version(v int32) *registerVersion {
	for int(v) >= len(r.versions) {
		r.versions = append(r.versions, registerVersion{liveVersion: liveVersion{none, none}, reader: none})
	}
	return &r.versions[v]
}

func (r *liveRegisters) reader(v int32) int32 { return r.version(v).reader }

func (r *liveRegisters) read(x int32) error {
	r.own.contradicts(x)
	for i := r.txns[x].from; i < r.txns[x].to && !r.accused(); i++ {
		m := r.micros[i]
		if m.bad && m.value != none {
			r.reread(x, i)
		}
		if m.write || m.prev != none {
			continue
		}
		rival := r.writesTo(x, m.key)
		if m.value == none {
			r.foundInitial(x, m.key, rival)
		} else if r.saw(x, m.key, m.value) {
			r.foundVersion(x, m.key, m.value, rival)
			r.inTime(x, m.key, m.value)
			r.touch(x, m.key, m.value)
		}
	}
	for _, m := range r.did(x) {
		if m.write && r.values[m.value].final {
			r.touch(x, m.key, m.value)
		}
	}
	return nil
}

// saw takes it that a transaction read a value, and says whether that was another's to show.
func (r *liveRegisters) saw(x, key, v int32) bool {
	version := r.version(v)
	version.reader = x
	switch w := r.values[v].writer; {
	case r.unwritten(v):
		if r.timely {
			r.found.nowhere(key, v, x)
		}
		version.orphans = append(version.orphans, x)
	case w == x:
		r.found.future(key, v, x)
		return false
	case r.txns[w].kind == history.Fail:
		r.found.abortedRead(key, v, x)
		return false
	case !r.values[v].final:
		r.found.intermediateRead(key, v, x)
		r.count(w)
		return false
	default:
		r.count(w)
		if r.txns[w].committed {
			r.depends(w, x, wr, key)
		}
	}
	return true
}

// reread takes a read that contradicts what its own transaction did before.
func (r *liveRegisters) reread(x, micro int32) {
	m := &r.micros[micro]
	if r.values[m.value].writer != x {
		r.saw(x, m.key, m.value)
	} else if r.writesLater(x, micro, m.value) {
		r.found.future(m.key, m.value, x)
	}
}

// foundInitial draws the rw of a transaction that found a key without a value, to all who write it.
func (r *liveRegisters) foundInitial(x, key int32, rival bool) {
	of := r.key(key)
	switch {
	case rival && of.initial.rival != none:
		r.found.lostUpdate(key, none, []int32{of.initial.rival, x}, false)
	case rival:
		of.initial.rival = x
		for _, w := range of.writers {
			r.depends(x, w, rw, key)
		}
	default:
		if of.initial.junction == none {
			of.initial.junction = r.junction()
			for _, w := range of.writers {
				r.draw(of.initial.junction, r.live(w), pass, key)
			}
		}
		r.draw(r.live(x), of.initial.junction, rw, key)
	}
}

// foundVersion draws the rw of the readers of a version to the one among them who replaced it.
func (r *liveRegisters) foundVersion(x, key, v int32, rival bool) {
	version := r.version(v)
	switch {
	case rival && version.rival != none:
		r.found.lostUpdate(key, v, []int32{version.rival, x}, false)
	case rival:
		version.rival = x
		r.draw(version.junction, r.live(x), pass, key)
	case version.rival != none:
		r.depends(x, version.rival, rw, key)
	default:
		if version.junction == none {
			version.junction = r.junction()
		}
		r.draw(r.live(x), version.junction, rw, key)
	}
}

// inTime draws the rw of a reader of a version to the writer of the newest, if somebody who had
// touched the first ended before somebody began who touched the other (X4).
func (r *liveRegisters) inTime(x, key, v int32) {
	newest := r.key(key).newest
	if !rwRealtime.in(r.look) || newest == none || newest == v {
		return
	}
	if first := r.version(v).first; first > 0 && first < r.version(newest).latest {
		r.depends(x, r.values[newest].writer, rwRealtime, key)
	}
}

// touch notes that a transaction, which ends now, found or left a version.
func (r *liveRegisters) touch(x, key, v int32) {
	version, of := r.version(v), r.key(key)
	if version.first == 0 {
		version.first = r.at
	}
	version.latest = max(version.latest, r.txns[x].begin)
	if r.values[v].writer != none && (of.newest == none || r.version(of.newest).latest < version.latest) {
		of.newest = v
	}
}

func (r *liveRegisters) settle(x int32) {
	for _, m := range r.did(x) {
		if !m.write || !r.values[m.value].final {
			continue
		}
		of := r.key(m.key)
		r.draw(of.initial.junction, r.live(x), pass, m.key)
		if of.initial.rival != none {
			r.depends(of.initial.rival, x, rw, m.key)
		}
		of.writers = append(of.writers, x)
	}
}

func (r *liveRegisters) claim(x, v int32) {
	version := r.version(v)
	readers := version.orphans
	version.orphans = nil
	for _, reader := range slices.Clip(readers) {
		r.saw(reader, r.values[v].key, v)
	}
}
