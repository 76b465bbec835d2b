package linear

import (
	"cmp"
	"slices"
)

// event is an invocation or a completion: calls[call] begins or ends.
type event struct {
	call int
	end  bool
}

// eventsOf puts the invocations and completions of calls, which are in the order of their
// invocations, in order (L1). Completions of calls with unknown outcome come last, in the order of
// their invocations.
func eventsOf[In, Out any](calls []call[In, Out]) []event {
	byEnd := make([]int, len(calls))
	for i := range byEnd {
		byEnd[i] = i
	}
	slices.SortStableFunc(byEnd, func(a, b int) int { return cmp.Compare(calls[a].end, calls[b].end) })
	events := make([]event, 0, 2*len(calls))
	begin := 0
	for _, i := range byEnd {
		for begin < len(calls) && calls[begin].begin < calls[i].end {
			events = append(events, event{call: begin})
			begin++
		}
		events = append(events, event{call: i, end: true})
	}
	return events
}
