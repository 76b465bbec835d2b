package linear

import "github.com/splitvote/splitvote/model"

// projectRegister leaves out reads at will. A write is left out together with the reads of its value, and a cas that
// replaced the value becomes a write of its own: between a write and the calls that observe it no other write stands, so an
// order that explains the whole explains what remains.
func projectRegister(calls []registerCall, keep func(i int) bool) []registerCall {
	needed := map[model.Value]bool{} // observed by calls that are kept
	for i := range calls {
		if c := &calls[i]; keep(i) && c.in.F != model.Write {
			needed[observedBy(c)] = true
		}
	}
	missing := map[model.Value]bool{}
	for i := range calls {
		if c := &calls[i]; c.in.F != model.Read && needed[c.in.Value] && !keep(i) {
			missing[c.in.Value] = true
		}
	}
	var kept []registerCall
	for i := range calls {
		if !keep(i) {
			continue
		}
		c := calls[i]
		switch {
		case c.in.F == model.Read && missing[c.out]:
			continue
		case c.in.F == model.CAS && missing[c.in.Old]:
			c.in = model.RegisterCall{F: model.Write, Value: c.in.Value}
		}
		kept = append(kept, c)
	}
	return kept
}
