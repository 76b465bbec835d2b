package zab

import "sort"

// log is the kept part of a node's history: the transactions after base, where snapshots cover the
// rest. Its sub-slices are handed out and shared, so a filled place is never overwritten:
// transactions
// after a truncation go into a new array.
type log struct {
	base     uint64 // the last index that is gone
	baseZxid Zxid
	txns     []Txn // txns[i] is at index base+1+i
}

func (l *log) last() uint64   { return l.base + uint64(len(l.txns)) }
func (l *log) lastZxid() Zxid { return l.zxid(l.last()) }

// zxid returns the zxid of the transaction at index, 0 if unknown: gone, or not there yet.
func (l *log) zxid(index uint64) Zxid {
	switch {
	case index == l.base:
		return l.baseZxid
	case index < l.base || index > l.last():
		return 0
	}
	return l.txns[index-l.base-1].Zxid
}

// at returns the transaction at index, which must be in the log.
func (l *log) at(index uint64) *Txn { return &l.txns[index-l.base-1] }

// position returns the last index whose zxid is at most z. It reports false if that is before base.
func (l *log) position(z Zxid) (uint64, bool) {
	if z < l.baseZxid {
		return 0, false
	}
	return l.base + uint64(sort.Search(len(l.txns), func(i int) bool { return l.txns[i].Zxid > z })), true
}

// find returns the index of z, if the log still has it.
func (l *log) find(z Zxid) (uint64, bool) {
	i, ok := l.position(z)
	return i, ok && l.zxid(i) == z
}

// from returns the transactions from index on, at most max of them. The memory is shared.
func (l *log) from(index uint64, max int) []Txn {
	lo := int(index - l.base - 1)
	hi := min(len(l.txns), lo+max)
	return l.txns[lo:hi:hi]
}

// truncate drops the transactions after index.
func (l *log) truncate(index uint64) {
	keep := index - l.base
	l.txns = l.txns[:keep:keep]
}

func (l *log) append(txns ...Txn) { l.txns = append(l.txns, txns...) }

// compact drops the transactions up to index, which must be in the log. It copies, to release the
// old
// array.
func (l *log) compact(index uint64) {
	l.baseZxid = l.zxid(index)
	l.txns = append(make([]Txn, 0, 2*len(l.txns)), l.txns[index-l.base:]...)
	l.base = index
}

// reset empties the log; it then continues after index.
func (l *log) reset(index uint64, zxid Zxid) {
	l.base, l.baseZxid, l.txns = index, zxid, nil
}
