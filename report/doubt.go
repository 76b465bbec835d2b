package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/history"
)

// doubting is a node that had prepared transactions and could not learn their outcome. Meanwhile
// it blocked every transaction that needed the same locks.
type doubting struct {
	Node    history.NodeID
	Times   int
	InAll   time.Duration
	Longest time.Duration
	From    time.Duration // start of the longest time
}

// inDoubt reports, from the role in the node's protocol, that the node cannot reach the
// coordinator of a transaction it has prepared.
func (s StatusAt) inDoubt() bool { return s.Up && s.Role == "in doubt" }

// doubts sums up when nodes were in doubt, in the order of their names. A status holds until the
// node's next.
func doubts(statuses []StatusAt, end time.Duration) []doubting {
	var all []doubting
	since := map[history.NodeID]time.Duration{}
	over := func(node history.NodeID, at time.Duration) {
		from, doubted := since[node]
		if !doubted {
			return
		}
		delete(since, node)
		i := slices.IndexFunc(all, func(d doubting) bool { return d.Node == node })
		if i < 0 {
			i, all = len(all), append(all, doubting{Node: node})
		}
		d, lasted := &all[i], max(0, at-from)
		d.Times, d.InAll = d.Times+1, d.InAll+lasted
		if lasted > d.Longest {
			d.Longest, d.From = lasted, from
		}
	}
	for _, s := range statuses {
		_, doubted := since[s.Node]
		switch {
		case s.inDoubt() && !doubted:
			since[s.Node] = s.Time
		case !s.inDoubt():
			over(s.Node, s.Time)
		}
	}
	for _, s := range statuses {
		over(s.Node, end)
	}
	slices.SortFunc(all, func(a, b doubting) int {
		return cmp.Or(cmp.Compare(len(a.Node), len(b.Node)), cmp.Compare(a.Node, b.Node)) // n2 before n10
	})
	return all
}

func (d doubting) String() string {
	return fmt.Sprintf("%s %s, %s in all, %s at most (from %s)", plain(string(d.Node)), plural(d.Times, "time"),
		length(d.InAll), length(d.Longest), clock(d.From, 2))
}
