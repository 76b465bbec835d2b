package raft

// log is the part of the replicated log after a snapshot. Its sub-slices are handed out and shared,
// so
// a filled place is never overwritten: entries after a truncation go into a new array.
type log struct {
	base     uint64 // the last index that the snapshot covers
	baseTerm uint64
	entries  []Entry // entries[i] is at index base+1+i
}

func (l *log) last() uint64     { return l.base + uint64(len(l.entries)) }
func (l *log) lastTerm() uint64 { return l.term(l.last()) }

// term returns the term of the entry at index, or 0 if it is unknown: compacted, or not there yet.
func (l *log) term(index uint64) uint64 {
	switch {
	case index == l.base:
		return l.baseTerm
	case index < l.base || index > l.last():
		return 0
	}
	return l.entries[index-l.base-1].Term
}

// at returns the entry at index, which must be in the log.
func (l *log) at(index uint64) *Entry { return &l.entries[index-l.base-1] }

// from returns the entries from index on, at most max of them. The memory is shared.
func (l *log) from(index uint64, max int) []Entry {
	lo := int(index - l.base - 1)
	hi := min(len(l.entries), lo+max)
	return l.entries[lo:hi:hi]
}

// truncate drops the entries from index on.
func (l *log) truncate(index uint64) {
	keep := index - l.base - 1
	l.entries = l.entries[:keep:keep]
}

func (l *log) append(es ...Entry) { l.entries = append(l.entries, es...) }

// compact drops the entries up to index, which must be in the log. It copies, to release the old
// array.
func (l *log) compact(index uint64) {
	l.baseTerm = l.term(index)
	l.entries = append(make([]Entry, 0, 2*len(l.entries)), l.entries[index-l.base:]...)
	l.base = index
}

// reset empties the log; it then continues after index.
func (l *log) reset(index, term uint64) {
	l.base, l.baseTerm, l.entries = index, term, nil
}

// firstOfTerm returns the first index in the log with the same term as the entry at index.
func (l *log) firstOfTerm(index uint64) uint64 {
	term := l.term(index)
	for index > l.base+1 && l.term(index-1) == term {
		index--
	}
	return index
}

// lastOfTerm returns the last index at or below limit with the given nonzero term, or 0.
func (l *log) lastOfTerm(term, limit uint64) uint64 {
	for i := min(limit, l.last()); i >= l.base; i-- {
		switch t := l.term(i); {
		case t == term:
			return i
		case t < term:
			return 0
		}
	}
	return 0
}
