package nemesis

import (
	"context"

	"github.com/splitvote/splitvote/history"
)

// Kind is a kind of fault: a name for --faults. The table is [Kinds].
type Kind struct {
	Name   string
	Doc    string // one sentence
	Power  string // the interface that a cluster must have
	Start  string // F of the operation that begins it; Jepsen's names
	Stop   string
	Shapes []Shape

	can   func(cluster any) bool
	begin func(n *Nemesis, ctx context.Context, f *history.Fault) error
	end   func(n *Nemesis, ctx context.Context, f *history.Fault) error
}

// Kinds are all kinds of faults.
func Kinds() []Kind {
	return []Kind{
		{
			Name:  "partition",
			Power: "Partitioner",
			Doc:   "Cuts links between nodes; clients still reach every node.",
			Start: "start-partition", Stop: "stop-partition",
			Shapes: cuts,
			can:    has[Partitioner],
			begin:  (*Nemesis).cut, end: (*Nemesis).heal,
		},
		{
			Name:  "kill",
			Power: "Killer",
			Doc:   "Kills nodes without warning, as a power failure would, and starts them again with what their disks kept.",
			Start: "kill", Stop: "start",
			Shapes: victims,
			can:    has[Killer],
			begin:  (*Nemesis).kill, end: (*Nemesis).start,
		},
		{
			Name:  "pause",
			Power: "Pauser",
			Doc:   "Stops nodes in mid-step and lets them go on later, believing that no time has passed.",
			Start: "pause", Stop: "resume",
			Shapes: victims,
			can:    has[Pauser],
			begin:  (*Nemesis).pause, end: (*Nemesis).resume,
		},
		{
			Name:  "links",
			Power: "LinkBreaker",
			Doc:   "Makes all links between nodes slow or unreliable.",
			Start: "start-links", Stop: "stop-links",
			Shapes: weathers,
			can:    has[LinkBreaker],
			begin:  (*Nemesis).worsen, end: (*Nemesis).calm,
		},
	}
}

func has[Power any](cluster any) bool {
	_, ok := cluster.(Power)
	return ok
}

// Names are the names of all kinds of faults, as in --faults.
func Names() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// Named is the kind with the given name.
func Named(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
