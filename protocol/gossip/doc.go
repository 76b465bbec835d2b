// Package gossip is an eventually consistent store as a pure core: Demers et al., "Epidemic Algorithms for Replicated
// Database Maintenance" (PODC 1987; cited by section) for how replicas meet, and Shapiro et al., "Conflict-free Replicated
// Data Types" (SSS 2011; cited as CRDT, by section of the technical report INRIA 7506) for what they hold: a register
// whose last writer wins, a counter that goes up and down, and a set in which an addition wins over a removal that did
// not see it.
//
// Any replica answers at once, from its own state, once a change is on its own disk. It is available under every
// partition, and so it is not linearizable: a read at another replica may miss what was just acknowledged. What it promises
// is that replicas which have heard of the same changes hold the same, and that after the last fault all hear of all.
//
//	G1  What a replica holds only grows: what was learned is the join of what was held and what was heard, and a change
//	    keeps everything that was there (CRDT §2.3).
//	G2  Who changes an object reads its change at once: with clock=lamport no acknowledged write is older than what its
//	    replica held.
//	G3  Nobody knows more of a replica's own changes than the replica itself, restarts included: what was told was durable.
//	G4  With clock=lamport a stamp names one write: two replicas that hold it hold the same value with it.
//
// G1 and that every pair of replicas meets again and again make them converge (§1.3).
//
// Anti-entropy is push and pull with a partner drawn at random: a greeting with one checksum; if the other's differs, a
// digest of the objects' checksums; then the objects that differ, both ways. An exchange is of whole objects, but a client's
// change is a delta that is joined like anything else (Almeida, Shoker, Baquero 2015), and only the delta is logged.
//
// Choices, and departures from the papers:
//
// No rumour mongering (§1.4): with a handful of replicas anti-entropy alone is quick enough.
//
// Tombstones are kept for ever. To drop one safely takes knowing that every replica has it; §2 bounds the harm of dropping
// it anyway, and we would rather have none.
//
// An element's additions are one number for each node, not a set of tags: a node's later addition stands for its earlier
// ones, which is an observed-remove set at the size of a version vector.
//
// A repeated request is not recognised, for the replica that is asked again may not have heard of the first: clients do not
// repeat what they do not know the outcome of (protocol.Unrepeatable).
//
// A replica that loses its disk forgets changes that it has told nobody, and may use their numbers again: such a node must
// come back under another name.
package gossip
