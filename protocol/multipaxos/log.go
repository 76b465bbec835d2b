package multipaxos

// Entry is what a slot holds: a value and the ballot in which it was accepted. The zero Entry is an empty place.
type Entry struct {
	Ballot  Ballot `json:"b"`
	Command []byte `json:"c,omitempty"` // empty: a no-op
}

func (e *Entry) empty() bool { return e.Ballot == Ballot{} }

// log is what is accepted after a checkpoint. Slots are decided independently, so it has gaps.
type log struct {
	base    uint64  // the last slot that the checkpoint covers
	entries []Entry // entries[i] is in slot base+1+i
}

func (l *log) last() uint64 { return l.base + uint64(len(l.entries)) }

// at is the entry in a slot after base, empty if there is none.
func (l *log) at(slot uint64) Entry {
	if slot > l.last() {
		return Entry{}
	}
	return l.entries[slot-l.base-1]
}

// put fills a slot after base.
func (l *log) put(slot uint64, e Entry) {
	for l.last() < slot {
		l.entries = append(l.entries, Entry{})
	}
	l.entries[slot-l.base-1] = e
}

// copy is what the slots from first up to last hold, for others to keep: places of the log are filled anew, copies are not.
func (l *log) copy(first, last uint64) []Entry {
	last = min(last, l.last())
	if first > last {
		return nil
	}
	return append([]Entry(nil), l.entries[first-l.base-1:last-l.base]...)
}

// compact drops the slots up to the given one, which the log may not reach.
func (l *log) compact(slot uint64) {
	kept := l.copy(slot+1, l.last())
	l.base, l.entries = slot, kept
}
