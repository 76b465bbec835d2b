package report

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// harm is how a fault looks on the page. Its class in page.css has its own colour, in the lanes of
// the nodes that suffer it, in the bands behind calls and in the legend.
type harm struct {
	fault string // the name of its kind
	class string
	did   string // effect on a node, in the lane and in the legend
	// row of thin strips at the foot of a lane, from 1; 0 fills the lane, because the node does
	// nothing meanwhile
	row int
}

// harms are the kinds of faults that have a look of their own. Kinds in one row rarely affect a
// node at the same time.
var harms = []harm{
	{"kill", "f-kill", "down", 0},
	{"crash", "f-crash", "crashes at a point", 0},
	{"disk-loss", "f-disk-loss", "down, disk damaged", 0},
	{"pause", "f-pause", "paused", 0},
	{"partition", "f-partition", "cut off", 1},
	{"hold", "f-hold", "links stalled", 2},
	{"links", "f-links", "links bad", 2},
	{"clock", "f-clock", "clock wrong", 3},
	{"drift", "f-drift", "clock drifts", 3},
	{"disk", "f-disk", "disk slow", 4},
	{"members", "f-members", "membership changed", 5},
	{"transfer", "f-transfer", "hands over leadership", 5},
}

// harmOf returns the look of a fault's kind, or the common look.
func harmOf(fault string) harm {
	if i := slices.IndexFunc(harms, func(h harm) bool { return h.fault == fault }); i >= 0 {
		return harms[i]
	}
	return harm{fault, "f-other", "under another fault", 5}
}

// suffers returns how a fault shows in a node's lane, and what it did to the node; false if it
// does not show.
func suffers(w history.Window, id history.NodeID) (h harm, what string, shows bool) {
	h = harmOf(w.Fault.Fault)
	switch {
	case len(w.Cut[id]) > 0:
		return h, h.did + ": hears nothing of " + nodes(w.Cut[id]), true
	case !slices.Contains(w.Nodes, id):
		return h, "", false
	case h.class == "f-other":
		return h, "under " + plain(w.Fault.Fault), true
	}
	return h, h.did, true
}

// kind returns whether the harm fills a lane or is a strip in it, as page.css has it.
func (h harm) kind() string {
	if h.row == 0 {
		return "whole"
	}
	return "strip"
}

// box returns the top and the height in a lane of 22.
func (h harm) box() (y, height int) {
	if h.row == 0 {
		return 0, 22
	}
	return 22 - 3*h.row, 3
}
