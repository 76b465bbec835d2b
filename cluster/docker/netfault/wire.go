package netfault

import "net/netip"

// Link is a direction in which this node no longer hears another.
type Link struct {
	From netip.Addr `json:"from"`
	// Port, if set, limits the cut to TCP segments to this port of the node. Where every connection
	// carries messages towards the side that accepted it, that is a cut of one direction only: the
	// acknowledgements of what this node itself sends still arrive. 0 cuts everything from From,
	// and so, with TCP, in the end both directions.
	Port uint16 `json:"port,omitempty"`
}

// Request asks for a cut in place of the present one; an empty one heals.
type Request struct {
	ID   uint64 `json:"id"` // from 1, rising
	Cut  []Link `json:"cut,omitempty"`
	Look bool   `json:"look,omitempty"` // change nothing, only say what there is
}

// Answer says what stood before the request of the same ID and what stands now. The first answer,
// of ID 0, comes unasked: the program is ready.
type Answer struct {
	ID  uint64 `json:"id"`
	Had []Rule `json:"had,omitempty"`
	Has []Rule `json:"has,omitempty"`
	Err string `json:"error,omitempty"`
}

// Rule is a cut link in the kernel, with what it has dropped.
type Rule struct {
	Link
	Packets uint64 `json:"packets"`
}
