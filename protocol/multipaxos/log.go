package multipaxos

import "bytes"

// Entry is the content of a slot: a value and the ballot in which it was accepted. The zero Entry
// is
// an empty slot. A value is a command, a membership change, or neither (a no-op).
type Entry struct {
	Ballot  Ballot `json:"b"`
	Command []byte `json:"c,omitempty"`
	Change  Change `json:"m,omitzero"`
}

func (e *Entry) empty() bool { return e.Ballot == Ballot{} }

// same reports whether two entries have the same value.
func (e *Entry) same(o *Entry) bool { return bytes.Equal(e.Command, o.Command) && e.Change == o.Change }

// log is what was accepted after a checkpoint. It can have gaps, because slots are independent.
type log struct {
	base    uint64  // the last slot that the checkpoint covers
	entries []Entry // entries[i] is in slot base+1+i
}

func (l *log) last() uint64 { return l.base + uint64(len(l.entries)) }

// at returns the entry in a slot after base, or the zero Entry.
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

// copy returns a copy of the slots first to last, for others to keep: the log's slots are
// overwritten,
// copies are not.
func (l *log) copy(first, last uint64) []Entry {
	last = min(last, l.last())
	if first > last {
		return nil
	}
	return append([]Entry(nil), l.entries[first-l.base-1:last-l.base]...)
}

// compact drops the slots up to the given one, which can be beyond the end of the log.
func (l *log) compact(slot uint64) {
	kept := l.copy(slot+1, l.last())
	l.base, l.entries = slot, kept
}
