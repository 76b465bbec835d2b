package linear

import (
	"cmp"
	"slices"

	"github.com/splitvote/splitvote/model"
)

// projectRegister leaves out reads at will. A write is left out together with the reads of its
// value, and a cas that replaced the value becomes a write of its own: between a write and the
// calls that observe it no other write stands, so an order that explains the whole explains what
// remains. A cas that found another value found that of some write; it is left out with any write
// that may be this one: that did not end before another began which is kept and ended before the
// cas began.
func projectRegister(calls []registerCall, keep func(i int) bool) []registerCall {
	needed := map[model.Value]bool{} // observed by calls that are kept
	for i := range calls {
		if c := &calls[i]; keep(i) && c.in.F != model.Write && !mismatched(c) {
			needed[observedBy(c)] = true
		}
	}
	missing := map[model.Value]bool{}
	for i := range calls {
		if c := &calls[i]; c.in.F != model.Read && !mismatched(c) && needed[c.in.Value] && !keep(i) {
			missing[c.in.Value] = true
		}
	}
	found := newFindings(calls, keep)
	var kept []registerCall
	for i := range calls {
		if !keep(i) {
			continue
		}
		c := calls[i]
		switch {
		case mismatched(&c) && !found.still(&c):
			continue
		case mismatched(&c):
		case c.in.F == model.Read && missing[c.out]:
			continue
		case c.in.F == model.CAS && missing[c.in.Old]:
			c.in = model.RegisterCall{F: model.Write, Value: c.in.Value}
		}
		kept = append(kept, c)
	}
	return kept
}

// findings tells which of the calls that found another value may have found that of a write which
// is left out.
type findings struct {
	// of kept writes by their ends, begin being the greatest so far; of others by their begins,
	// end likewise
	kept, dropped []span
}

func newFindings(calls []registerCall, keep func(i int) bool) findings {
	var f findings
	for i := range calls {
		c := &calls[i]
		switch {
		case c.in.F == model.Read || mismatched(c):
		case !keep(i):
			end := c.end
			if n := len(f.dropped); n > 0 {
				end = max(end, f.dropped[n-1].end)
			}
			f.dropped = append(f.dropped, span{c.begin, end})
		case !c.pending():
			f.kept = append(f.kept, span{c.begin, c.end})
		}
	}
	slices.SortFunc(f.kept, func(a, b span) int { return cmp.Compare(a.end, b.end) })
	for i := 1; i < len(f.kept); i++ {
		f.kept[i].begin = max(f.kept[i].begin, f.kept[i-1].begin)
	}
	return f
}

// still says whether what c found is certainly not left out.
func (f findings) still(c *registerCall) bool {
	before, _ := slices.BinarySearchFunc(f.dropped, c.end, func(d span, end int) int {
		return cmp.Compare(d.begin, end)
	})
	if before == 0 {
		return true
	}
	since, _ := slices.BinarySearchFunc(f.kept, c.begin, func(k span, begin int) int {
		return cmp.Compare(k.end, begin)
	})
	return since > 0 && f.dropped[before-1].end < f.kept[since-1].begin
}
