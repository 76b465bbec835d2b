package txn

import "slices"

// anomalies names what can be found, the worst first, each with the weakest levels that it rules
// out, and those that it rules out besides where it does not rest on what a predicate read did not
// find (X12); every level that implies one of them is ruled out too. The names are Adya's and
// Elle's.
var anomalies = []struct {
	name     string
	rulesOut level
	ofItems  level
}{
	{"duplicate-elements", readUncommitted, 0},
	{"value-from-nowhere", readUncommitted, 0},
	{"unexpected-account", readUncommitted, 0},
	{"G0", readUncommitted, 0},
	{"incompatible-order", readCommitted, 0},
	{"dirty-update", readCommitted, 0},
	{"G1a", readCommitted, 0},
	{"G1b", readCommitted, 0},
	{"future-read", readCommitted, 0},
	{"cyclic-versions", readCommitted, 0},
	{"G1c", readCommitted, 0},
	{"internal", consistentView | causal, repeatableRead},
	{"lost-update", consistentView, repeatableRead},
	{"wrong-total", consistentView | repeatableRead, 0},
	{"negative-balance", consistentView | repeatableRead, 0},
	{"covered-transfer", consistentView | repeatableRead, 0},
	{"G-single", consistentView, repeatableRead},
	{"G-nonadjacent", snapshotIsolation, repeatableRead},
	{"G2-item", repeatableRead, 0},
	{"G2", serializable, 0},
	{"G0-process", sessionReadUncommitted, 0},
	{"G1c-process", sessionReadCommitted, 0},
	{"CyclicCF", causal, 0},
	{"G-single-process", sessionSnapshotIsolation, 0},
	{"G-nonadjacent-process", sessionSnapshotIsolation, 0},
	{"G2-item-process", sessionSerializable, 0},
	{"G2-process", sessionSerializable, 0},
	{"G0-realtime", strongReadUncommitted, 0},
	{"G1c-realtime", strongReadCommitted, 0},
	{"G-single-realtime", strongSnapshotIsolation, 0},
	{"covered-transfer-realtime", strongSnapshotIsolation, 0},
	{"G-nonadjacent-realtime", strongSnapshotIsolation, 0},
	{"G2-item-realtime", strictSerializable, 0},
	{"G2-realtime", strictSerializable, 0},
}

// AllAnomalies names every anomaly that can be found, the worst first.
func AllAnomalies() []string {
	names := make([]string, len(anomalies))
	for i := range anomalies {
		names[i] = anomalies[i].name
	}
	return names
}

// RulesOut lists the levels that cannot be where the named anomaly is, the weakest first; nil if
// there is no such anomaly. Where it rests on reads of named keys alone, it may rule out
// repeatable-read besides (X12).
func RulesOut(anomaly string) []string { return ruledOutBy(anomaly, true).names() }

// ruledOutBy are the levels that cannot be where an anomaly is; absent says that it rests on what a
// predicate read did not find.
func ruledOutBy(anomaly string, absent bool) level {
	i := rank(anomaly)
	switch {
	case i == len(anomalies):
		return 0
	case absent:
		return above(anomalies[i].rulesOut)
	default:
		return above(anomalies[i].rulesOut | anomalies[i].ofItems)
	}
}

// rank is an anomaly's place in the table, its length for a name that is not in it.
func rank(anomaly string) int {
	for i := range anomalies {
		if anomalies[i].name == anomaly {
			return i
		}
	}
	return len(anomalies)
}

// byRank sorts names of anomalies, the worst first.
func byRank(names []string) {
	slices.SortFunc(names, func(a, b string) int { return rank(a) - rank(b) })
}
