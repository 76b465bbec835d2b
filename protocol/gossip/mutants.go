package gossip

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set, and each is checked in one place.
type bugs struct {
	tombstoneForgotten, tieNotBroken, counterSums, clockStandsStill, memberLeftOut, recentOnly, unsynced bool
}

// mutants show in the replicas' state after healing: the replicas differ, or the state does not
// match
// the clients' changes.
var mutants = []protocol.Planted[bugs]{
	{Mutant: protocol.Mutant{
		Name: "gossip/tombstone-forgotten", Class: protocol.ClientVisible,
		Doc: "A removed element is forgotten instead of being kept as a tombstone, so the next exchange brings it " +
			"back.",
		Source: "Demers et al. 1987, §2: why death certificates are needed; class of Dynamo's resurfacing cart " +
			"items (DeCandia et al. 2007, §4.4)",
	}, Set: func(b *bugs) { b.tombstoneForgotten = true }},
	{Mutant: protocol.Mutant{
		Name: "gossip/tie-not-broken", Class: protocol.ClientVisible,
		Doc:    "When two writes have the same timestamp, each replica keeps its own, so replicas differ for ever.",
		Source: "Shapiro et al. 2011, §3.2.1: timestamps must be unique and totally ordered",
	}, Set: func(b *bugs) { b.tieNotBroken = true }},
	{Mutant: protocol.Mutant{
		Name: "gossip/counter-sums", Class: protocol.ClientVisible,
		Doc:    "Merging counters adds each node's count instead of taking the higher, so additions count again.",
		Source: "Shapiro et al. 2011, §3.1.1: why a counter's merge is a maximum, not a sum",
	}, Set: func(b *bugs) { b.counterSums = true }},
	{Mutant: protocol.Mutant{
		Name: "gossip/clock-stands-still", Class: protocol.ClientVisible,
		Doc: "A replica does not advance its clock past the timestamps it sees, so its next write may be older than " +
			"the value it replaces.",
		Source: "Lamport 1978, IR2(b)",
	}, Set: func(b *bugs) { b.clockStandsStill = true }},
	{Mutant: protocol.Mutant{
		Name: "gossip/member-left-out", Class: protocol.ClientVisible,
		Doc:    "The list of partners is one short: no replica exchanges with the last member.",
		Source: "synthetic: off by one",
	}, Set: func(b *bugs) { b.memberLeftOut = true }},
	{Mutant: protocol.Mutant{
		Name: "gossip/recent-only", Class: protocol.ClientVisible,
		Doc: "Only changes of the last forty ticks are compared; a change that a partition hid for longer is never " +
			"repaired.",
		Source: "Demers et al. 1987, §1.3: recent update lists need a full comparison where checksums still differ",
	}, Set: func(b *bugs) { b.recentOnly = true }},
	{Mutant: protocol.Mutant{
		Name: "gossip/unsynced", Class: protocol.ClientVisible,
		Doc: "A change is acknowledged before it is durable, and is lost if the replica crashes before it has " +
			"passed it on.",
		Source: "class of NATS 2.12.1 (jepsen.io/analyses/nats-2.12.1)",
	}, Set: func(b *bugs) { b.unsynced = true }},
}
