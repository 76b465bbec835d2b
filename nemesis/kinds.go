package nemesis

import (
	"context"
	"time"

	"github.com/splitvote/splitvote/cluster"
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
	// Ordinary means that a correct protocol survives it. Other faults break assumptions of the
	// protocols. They are for controls and planted bugs, and happen only if requested by name.
	Ordinary bool

	least, most time.Duration // duration; 0 and 0: set by the schedule's interval

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
			Shapes: cuts, Ordinary: true,
			can:   has[cluster.Partitioner],
			begin: (*Nemesis).cut, end: (*Nemesis).heal,
		},
		{
			Name:  "kill",
			Power: "Killer",
			Doc:   "Kills nodes without warning, like a power failure, and restarts them with what their disks kept.",
			Start: "kill", Stop: "start",
			Shapes: victims, Ordinary: true,
			can:   has[cluster.Killer],
			begin: (*Nemesis).kill, end: (*Nemesis).start,
		},
		{
			Name:  "pause",
			Power: "Pauser",
			Doc:   "Stops nodes in mid-step and resumes them later, unaware that time has passed.",
			Start: "pause", Stop: "resume",
			Shapes: victims, Ordinary: true,
			can:   has[cluster.Pauser],
			begin: (*Nemesis).pause, end: (*Nemesis).resume,
		},
		{
			Name:  "links",
			Power: "LinkBreaker",
			Doc:   "Makes all links between nodes slow or unreliable.",
			Start: "start-links", Stop: "stop-links",
			Shapes: weathers, Ordinary: true,
			can:   has[cluster.LinkBreaker],
			begin: (*Nemesis).worsen, end: (*Nemesis).calm,
		},
		{
			Name:  "hold",
			Power: "Holder",
			Doc:   "Stalls links between nodes for 0.3 to 3 s; everything held back arrives in one burst.",
			Start: "start-hold", Stop: "stop-hold",
			Shapes: stalls, Ordinary: true,
			least: 300 * time.Millisecond, most: 3 * time.Second,
			can:   has[cluster.Holder],
			begin: (*Nemesis).hold, end: (*Nemesis).release,
		},
		{
			Name:  "clock",
			Power: "Skewer",
			Doc:   "Makes wall clocks jump by 1 ms to 10 s, forward or back, and corrects them again.",
			Start: "start-clock", Stop: "stop-clock",
			Shapes: wrongClocks, Ordinary: true,
			can:   has[cluster.Skewer],
			begin: (*Nemesis).missetClocks, end: (*Nemesis).setClocks,
		},
		{
			Name:  "drift",
			Power: "Skewer",
			Doc: "Makes clocks run up to 20 % fast or slow, and with them everything that nodes time, including " +
				"leases.",
			Start: "start-drift", Stop: "stop-drift",
			Shapes: drifts, Ordinary: true,
			can:   has[cluster.Skewer],
			begin: (*Nemesis).driftClocks, end: (*Nemesis).steadyClocks,
		},
		{
			Name:  "disk",
			Power: "DiskSlower",
			Doc:   "Makes disks slow: every sync takes 2 to 500 ms longer.",
			Start: "start-disk", Stop: "stop-disk",
			Shapes: slowDisks, Ordinary: true,
			can:   has[cluster.DiskSlower],
			begin: (*Nemesis).slowDisks, end: (*Nemesis).mendDisks,
		},
		{
			Name:  "crash",
			Power: "Crasher",
			Doc: "Crashes nodes at a step of their protocol, the next time they reach it: before they write, before " +
				"they send, or after.",
			Start: "start-crash", Stop: "stop-crash",
			Shapes: traps, Ordinary: true,
			can:   has[cluster.Crasher],
			begin: (*Nemesis).trap, end: (*Nemesis).untrap,
		},
		{
			Name:  "members",
			Power: "Reconfigurer",
			Doc:   "Removes nodes from the membership, one at a time, and adds them again.",
			Start: "start-members", Stop: "stop-members",
			Shapes: leavers, Ordinary: true,
			can:   has[cluster.Reconfigurer],
			begin: (*Nemesis).remove, end: (*Nemesis).readd,
		},
		{
			Name:  "transfer",
			Power: "Transferrer",
			Doc:   "Asks the leader to hand leadership to another node, and checks after 0.3 to 1.5 s whether it did.",
			Start: "start-transfer", Stop: "stop-transfer",
			Shapes: heirs, Ordinary: true,
			least: 300 * time.Millisecond, most: 1500 * time.Millisecond,
			can:   has[cluster.Transferrer],
			begin: (*Nemesis).transfer, end: (*Nemesis).transferred,
		},
		{
			Name:  "disk-loss",
			Power: "DiskBreaker",
			Doc: "Kills nodes and wipes or damages their disks; they restart without their memory. A correct " +
				"protocol need not survive it: a node that forgets a promise can break it.",
			Start: "start-disk-loss", Stop: "stop-disk-loss",
			Shapes: losses,
			can:    func(c any) bool { return has[cluster.DiskBreaker](c) && has[cluster.Killer](c) },
			begin:  (*Nemesis).loseDisks, end: (*Nemesis).replaceDisks,
		},
	}
}

// Least is the smallest cluster that can suffer it.
func (k *Kind) Least() int {
	least := k.Shapes[0].Least
	for _, s := range k.Shapes {
		least = min(least, s.Least)
	}
	return least
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

// Ordinary are the names of the kinds that a correct protocol survives.
func Ordinary() []string {
	var names []string
	for _, k := range Kinds() {
		if k.Ordinary {
			names = append(names, k.Name)
		}
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
