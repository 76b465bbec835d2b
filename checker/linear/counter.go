package linear

import (
	"fmt"

	"github.com/splitvote/splitvote/model"
)

type counterCall = call[model.CounterCall, model.CounterResult]

// tells says whether a call returned a sum: a read, or an add that says what it came to.
func tells(c *counterCall) bool { return !c.pending() && c.out.Told }

// projectCounter leaves out reads at will, the sums that adds returned, and adds that begin after
// everything that returns a sum and is kept has ended. Adds that ended before all of these began
// count in each of them, in whatever order, so the last of them stands for all.
func projectCounter(calls []counterCall, keep func(i int) bool) []counterCall {
	first, last := never, -1 // begin and end of the calls that tell and are kept
	for i := range calls {
		if c := &calls[i]; tells(c) && keep(i) {
			first, last = min(first, c.begin), max(last, c.end)
		}
	}
	var kept []counterCall
	folded := -1 // where in kept
	for i := range calls {
		c := calls[i]
		if c.in.F == model.Add && !keep(i) {
			c.out = model.CounterResult{}
		}
		switch {
		case c.in.F == model.Read && !keep(i), c.in.F == model.Add && c.begin > last:
			continue
		case c.in.F == model.Add && c.end < first && folded >= 0:
			c.in.N += kept[folded].in.N
			c.end = max(c.end, kept[folded].end)
			kept = append(kept[:folded], kept[folded+1:]...)
			folded = len(kept)
		case c.in.F == model.Add && c.end < first:
			folded = len(kept)
		}
		kept = append(kept, c)
	}
	return kept
}

// noteCounter tells of an add that stands for others.
func noteCounter(all []counterCall, c *counterCall) string {
	if c.in.F != model.Add {
		return ""
	}
	count := 0
	for i := range all {
		if all[i].op == c.op && all[i].in.N == c.in.N {
			return ""
		}
		if all[i].in.F == model.Add && all[i].end <= c.end {
			count++
		}
	}
	return fmt.Sprintf("#%d stands for all %d adds that had ended by then: %d together", c.op, count, c.in.N)
}
