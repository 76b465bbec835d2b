package history

import (
	"encoding/json"
	"slices"
	"strings"
)

// Windows are the faults of the run in the order of their beginning, read from the completions of
// the nemesis. A window reaches from the invocation that began the fault to the completion that
// ended it, so that the harm lies inside. A beginning whose completion was not recorded counts,
// unproved; one that was refused has no [Fault] as its value and does not. Faults that Jepsen's
// nemesis tells of in its own form follow, unproved and numbered on; see [jepsenWindows].
func (h *History) Windows() []Window {
	windows, own := h.proved()
	most := 0
	for _, w := range windows {
		most = max(most, w.ID)
	}
	for i, w := range jepsenWindows(h, own) {
		w.ID = most + i + 1
		windows = append(windows, w)
	}
	return windows
}

// proved are the faults whose events carry a [Fault], and the events that are about these.
func (h *History) proved() (windows []Window, own map[int]bool) {
	own = map[int]bool{}
	for _, c := range h.calls {
		began := h.Invocation(c)
		if began.Process != Nemesis {
			continue
		}
		said := began
		if c.Complete >= 0 {
			said = h.Completion(c)
		}
		if len(faults(began.Value)) > 0 || len(faults(said.Value)) > 0 {
			own[c.Invoke] = true
			if c.Complete >= 0 {
				own[c.Complete] = true
			}
		}
		for _, f := range faults(said.Value) {
			switch f.Phase {
			case Start:
				f.Bit = f.Bit && c.Complete >= 0
				windows = append(windows, Window{Fault: f, From: began.Time, To: h.End(), First: c.Invoke, Last: -1})
			case Stop:
				i := slices.IndexFunc(windows, func(w Window) bool { return w.ID == f.ID && !w.Ended })
				if i < 0 || c.Complete < 0 {
					continue
				}
				w := &windows[i]
				w.To, w.Ended, w.Bit, w.Last = said.Time, true, f.Bit, c.Complete
				w.Proof = strings.Trim(w.Proof+"; "+f.Proof, "; ")
			}
		}
	}
	return windows, own
}

// faults reads the value of a nemesis operation: a fault, a list of them (the end of all), or
// something else.
func faults(value json.RawMessage) []Fault {
	var many []Fault
	if json.Unmarshal(value, &many) == nil {
		return many
	}
	var one Fault
	if json.Unmarshal(value, &one) == nil && one.ID > 0 {
		return []Fault{one}
	}
	return nil
}
