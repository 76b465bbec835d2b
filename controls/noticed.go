package controls

import (
	"fmt"
	"maps"
	"slices"
)

// noticed says which kinds of lies each workload notices at the level that its model names first
// (harness's tests hold it to that, for ten seeds of every bundled target).
var noticed = map[string][]string{
	"register":    {"stale-read", "other-key", "swapped-reads", "lost-update", "doubled-update", "false-failure"},
	"read-write":  {"stale-read", "other-key", "swapped-reads", "lost-update", "doubled-update", "false-failure"},
	"append":      {"stale-read", "other-key", "swapped-reads", "lost-update", "doubled-update", "false-failure"},
	"set":         {"stale-read", "other-key", "swapped-reads", "lost-update", "false-failure"},
	"removal":     {"stale-read", "other-key", "swapped-reads", "lost-update", "false-failure"},
	"counter":     {"stale-read", "other-key", "swapped-reads", "lost-update", "doubled-update", "false-failure"},
	"queue":       {"lost-update", "doubled-update", "false-failure", "repeated-answer"},
	"lock":        {"false-success", "repeated-answer"},
	"unique-ids":  {"repeated-answer"},
	"list-append": {"stale-read", "torn-snapshot", "other-key", "lost-update", "doubled-update", "false-failure"},
	"rw-register": {"stale-read", "torn-snapshot", "other-key", "lost-update", "false-failure"},
	"bank":        {"stale-read", "torn-snapshot", "other-key"},
	"long-fork":   {"stale-read", "torn-snapshot", "other-key", "lost-update", "false-failure"},
	"write-skew":  {"stale-read", "torn-snapshot", "other-key", "lost-update", "false-failure"},
}

// Notices lists the kinds of lies that a workload notices.
func Notices(workload string) []string { return slices.Clone(noticed[workload]) }

// NoticedBy lists the workloads that notice a kind of lie.
func NoticedBy(lie string) []string {
	var names []string
	for _, workload := range slices.Sorted(maps.Keys(noticed)) {
		if slices.Contains(noticed[workload], lie) {
			names = append(names, workload)
		}
	}
	return names
}

// Times says how often: once, 7 times.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
