package txn

import (
	"math/bits"
	"slices"
)

// level is a set of levels, one bit each, in the order of the table.
type level uint32

const (
	readUncommitted level = 1 << iota
	readCommitted
	consistentView
	repeatableRead
	snapshotIsolation
	serializable
	sessionReadUncommitted
	sessionReadCommitted
	causal
	sessionSnapshotIsolation
	sessionSerializable
	strongReadUncommitted
	strongReadCommitted
	strongSnapshotIsolation
	strictSerializable

	everyLevel = strictSerializable<<1 - 1
)

// levels names the levels, none stronger than one after it, each with those that it directly
// implies.
var levels = []struct {
	name    string
	implies level
}{
	{"read-uncommitted", 0},
	{"read-committed", readUncommitted},
	{"consistent-view", readCommitted},
	{"repeatable-read", readCommitted},
	{"snapshot-isolation", consistentView},
	{"serializable", repeatableRead | snapshotIsolation},
	{"strong-session-read-uncommitted", readUncommitted},
	{"strong-session-read-committed", readCommitted | sessionReadUncommitted},
	{"causal", sessionReadCommitted},
	{"strong-session-snapshot-isolation", snapshotIsolation | causal},
	{"strong-session-serializable", serializable | sessionSnapshotIsolation},
	{"strong-read-uncommitted", sessionReadUncommitted},
	{"strong-read-committed", sessionReadCommitted | strongReadUncommitted},
	{"strong-snapshot-isolation", sessionSnapshotIsolation | strongReadCommitted},
	{"strict-serializable", sessionSerializable | strongSnapshotIsolation},
}

// Strictest is the level that implies all others.
const Strictest = "strict-serializable"

// Levels lists the levels that can be judged, none of them implied by one before it: from the
// weakest to the strictest.
func Levels() []string { return everyLevel.names() }

// Implies lists the levels that hold wherever the named one does, itself included; nil if there is
// no such level.
func Implies(name string) []string { return below(levelNamed(name)).names() }

// levelNamed is the level of that name, 0 if there is none.
func levelNamed(name string) level {
	for i := range levels {
		if levels[i].name == name {
			return 1 << i
		}
	}
	return 0
}

// names lists the levels of a set, the weakest first.
func (l level) names() []string {
	var names []string
	for rest := l; rest != 0; rest &= rest - 1 {
		names = append(names, levels[bits.TrailingZeros32(uint32(rest))].name)
	}
	return names
}

// strongestFirst lists the levels of a set, the strongest first.
func (l level) strongestFirst() []string {
	names := l.names()
	slices.Reverse(names)
	return names
}

// below closes a set over what its levels imply: one implies only what stands before it in the
// table.
func below(l level) level {
	for i := len(levels) - 1; i >= 0; i-- {
		if l&(1<<i) != 0 {
			l |= levels[i].implies
		}
	}
	return l
}

// above closes a set over the levels that imply one of it.
func above(l level) level {
	for i := range levels {
		if levels[i].implies&l != 0 {
			l |= 1 << i
		}
	}
	return l
}

// maximal drops what another level of the set implies.
func maximal(l level) level {
	most := l
	for i := range levels {
		if l&(1<<i) != 0 {
			most &^= below(levels[i].implies)
		}
	}
	return most
}
