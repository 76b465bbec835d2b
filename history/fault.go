package history

import (
	"encoding/json"
	"time"
)

// Fault is the value of a nemesis operation's completion: which harm began or ended, to whom, and
// the proof that it took effect. Report and checkers know of faults what is written here and
// nothing else.
type Fault struct {
	ID    int      `json:"id"`              // from 1 in the order of beginning; the end of a fault repeats it
	Fault string   `json:"fault"`           // partition, kill, pause ... as in --faults
	Phase Phase    `json:"phase"`           // start or stop
	Shape string   `json:"shape,omitempty"` // halves, one, bridge, leader ...
	Nodes []NodeID `json:"nodes,omitempty"` // who suffers
	Cut   Grudge   `json:"cut,omitempty"`   // of links cut or held: who no longer hears whom
	Set   Settings `json:"set,omitempty"`   // other settings: delay, loss, offset ...
	// it is proved that the fault took effect (at the stop: during its whole life)
	Bit   bool   `json:"bit"`
	Proof string `json:"proof,omitempty"` // how that is known, for a reader
}

// Phase says whether a fault begins or ends.
type Phase string

// The phases of a fault.
const (
	Start Phase = "start"
	Stop  Phase = "stop"
)

// Grudge maps a node to those it no longer hears. A cut both ways stands on both sides.
type Grudge map[NodeID][]NodeID

// Settings are a fault's further parameters by name.
type Settings map[string]json.RawMessage

// HealAll is the F of the nemesis operation that ends every fault before the final reads. Liveness
// is judged from its completion on.
const HealAll = "heal-all"

// Window is a fault with the time it lasted.
type Window struct {
	Fault
	From, To time.Duration // To is the end of the history for a fault that was never ended
	Ended    bool
	First    int // position of the event that began it
	Last     int // of the one that ended it, -1 if none did
}

// Faults are the faults that a completion of the nemesis tells of, several at the end of all; none
// for any other event.
func (op *Op) Faults() []Fault {
	if op.Process != Nemesis || op.Kind == Invoke {
		return nil
	}
	return faults(op.Value)
}
