package history

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Jepsen writes a fault as events of the nemesis that say by their F alone what begins and ends.
// Both the invocation and the completion of such an operation are :info, so that they pair with
// nothing. The functions below read them as faults.

// ends lists, for each F that begins a fault of Jepsen's, which F ends it; [start, stop] pairs with
// a suffix follow the rule of [jepsenFault]. A start without a suffix ends a kill where there is
// one.
var ends = map[string]string{
	"kill": "start", "crash": "restart", "pause": "resume", "partition": "heal", "isolate": "heal", "cut": "heal",
	"bump-clock": "reset-clock", "strobe-clock": "reset-clock", "bump": "reset", "strobe": "reset", "start": "stop",
}

// jepsenFault is the name of the fault that f begins, "" if it begins none.
func jepsenFault(f string, kills bool) string {
	name, suffixed := strings.CutPrefix(f, "start-")
	switch {
	case suffixed:
		return name
	case f == "start" && kills:
		return ""
	case f == "start":
		return "fault"
	case f == "bump-clock" || f == "strobe-clock" || f == "bump" || f == "strobe":
		return "clock"
	case ends[f] != "":
		return f
	}
	return ""
}

// jepsenWindow is a fault of Jepsen's with the F that began it.
type jepsenWindow struct {
	Window
	began string // F of the event that began it
}

// endedBy says whether an operation of the nemesis ends the fault. One of several words ends those
// that it begins like: stop-partition ends start-partition-halves.
func (w *jepsenWindow) endedBy(f string) bool {
	kind, suffixed := strings.CutPrefix(f, "stop-")
	return ends[w.began] == f || f == HealAll || suffixed && strings.HasPrefix(w.began+"-", "start-"+kind+"-")
}

// jepsenWindows are the faults that the nemesis tells of in Jepsen's form; own are the events that
// are not in it. A fault reaches from the first event that names its beginning to the last in a row
// that names its end. While it lasts, more events of its F are more of the same fault.
func jepsenWindows(h *History, own map[int]bool) []Window {
	var windows []*jepsenWindow
	var events []int
	kills := false
	for i := range h.Ops {
		if h.Ops[i].Process == Nemesis && !own[i] {
			events = append(events, i)
			kills = kills || h.Ops[i].F == "kill"
		}
	}
	before := -1
	for _, i := range events {
		op := &h.Ops[i]
		for _, w := range windows {
			if w.endedBy(op.F) && (!w.Ended || w.Last == before && h.Ops[before].F == op.F) {
				w.To, w.Ended, w.Last = op.Time, true, i
			}
		}
		before = i
		name := jepsenFault(op.F, kills)
		if name == "" || op.F == "start" && string(op.Value) == `"all"` { // which starts all nodes
			continue
		}
		at := slices.IndexFunc(windows, func(w *jepsenWindow) bool { return w.began == op.F && !w.Ended })
		if at < 0 {
			at = len(windows)
			w := Window{Fault: Fault{Fault: name, Phase: Start}, From: op.Time, First: i, Last: -1}
			windows = append(windows, &jepsenWindow{Window: w, began: op.F})
		}
		windows[at].describe(op.Value)
	}
	found := make([]Window, len(windows))
	for i, w := range windows {
		if !w.Ended {
			w.To = h.End()
		}
		found[i] = w.Window
	}
	return found
}

// describe takes what the value of a nemesis operation tells of its fault: a word is its shape, a
// list its nodes, and a map of nodes says who is cut off from whom, or what was done to each.
func (f *Fault) describe(value json.RawMessage) {
	var word string
	var nodes []NodeID
	var grudge Grudge
	var done map[NodeID]json.RawMessage
	var parts []json.RawMessage
	switch {
	case json.Unmarshal(value, &word) == nil:
		if f.Shape == "" {
			f.Shape = word
		}
	case json.Unmarshal(value, &grudge) == nil && len(grudge) > 0:
		f.Cut = grudge
	case json.Unmarshal(value, &done) == nil:
		f.suffer(slices.Sorted(maps.Keys(done)))
	case json.Unmarshal(value, &parts) == nil && slices.ContainsFunc(parts, func(p json.RawMessage) bool {
		return p[0] == '{'
	}):
		for _, p := range parts { // [:isolated {"n1" #{"n2"}}]
			if p[0] == '{' {
				f.describe(p)
			}
		}
	case json.Unmarshal(value, &nodes) == nil:
		f.suffer(nodes)
	}
}

func (f *Fault) suffer(nodes []NodeID) {
	for _, n := range nodes {
		if !slices.Contains(f.Nodes, n) {
			f.Nodes = append(f.Nodes, n)
		}
	}
}
