package txn

import "slices"

// anomalies names what can be found, the worst first, each with the weakest levels that it rules out; every level that
// implies one of them is ruled out too. The names are Adya's and Elle's.
var anomalies = []struct {
	name     string
	rulesOut level
}{
	{"duplicate-elements", readUncommitted},
	{"value-from-nowhere", readUncommitted},
	{"unexpected-account", readUncommitted},
	{"G0", readUncommitted},
	{"incompatible-order", readCommitted},
	{"dirty-update", readCommitted},
	{"G1a", readCommitted},
	{"G1b", readCommitted},
	{"future-read", readCommitted},
	{"cyclic-versions", readCommitted},
	{"G1c", readCommitted},
	{"internal", consistentView | repeatableRead},
	{"lost-update", consistentView | repeatableRead},
	{"wrong-total", consistentView | repeatableRead},
	{"negative-balance", consistentView | repeatableRead},
	{"G-single", consistentView | repeatableRead},
	{"G-nonadjacent", snapshotIsolation | repeatableRead},
	{"G2-item", repeatableRead},
	{"G0-process", sessionReadUncommitted},
	{"G1c-process", sessionReadCommitted},
	{"G-single-process", sessionSnapshotIsolation},
	{"G-nonadjacent-process", sessionSnapshotIsolation},
	{"G2-item-process", sessionSerializable},
	{"G0-realtime", strongReadUncommitted},
	{"G1c-realtime", strongReadCommitted},
	{"G-single-realtime", strongSnapshotIsolation},
	{"G-nonadjacent-realtime", strongSnapshotIsolation},
	{"G2-item-realtime", strictSerializable},
}

// AllAnomalies names every anomaly that can be found, the worst first.
func AllAnomalies() []string {
	names := make([]string, len(anomalies))
	for i := range anomalies {
		names[i] = anomalies[i].name
	}
	return names
}

// RulesOut lists the levels that cannot be where the named anomaly is, the weakest first; nil if there is no such anomaly.
func RulesOut(anomaly string) []string { return ruledOutBy(anomaly).names() }

func ruledOutBy(anomaly string) level {
	if i := rank(anomaly); i < len(anomalies) {
		return above(anomalies[i].rulesOut)
	}
	return 0
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
