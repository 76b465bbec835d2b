package linear

import (
	"cmp"
	"slices"
)

// ranked is something that happens at one moment between begin and end, and whose place among
// others is known: what has a smaller rank happened before. Within a rank any order will do.
type ranked struct {
	call       int32 // for witnesses
	rank       int
	begin, end int
}

// backwards finds two items that stand against time: late has a smaller rank than before, but began
// after before ended. If there are none, an order exists that respects both ranks and time: give
// every item the moment max(begin of all up to its rank), which is not after its end. It sorts
// items.
func backwards(items []ranked) (late, before ranked, found bool) {
	slices.SortStableFunc(items, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	latest := -1 // among smaller ranks, the item that begins last
	for i := 0; i < len(items); {
		next := i
		for ; next < len(items) && items[next].rank == items[i].rank; next++ {
			if latest >= 0 && items[next].end < items[latest].begin {
				return items[latest], items[next], true
			}
		}
		for ; i < next; i++ {
			if latest < 0 || items[i].begin > items[latest].begin {
				latest = i
			}
		}
	}
	return ranked{}, ranked{}, false
}
