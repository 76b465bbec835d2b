// Package gossip implements an eventually consistent store as a pure core. Replicas meet as in
// Demers et al., "Epidemic Algorithms for Replicated Database Maintenance" (PODC 1987; cited by
// section). What they hold follows Shapiro et al., "Conflict-free Replicated Data Types" (SSS
// 2011; cited as CRDT, by section of the technical report INRIA 7506): a last-writer-wins
// register, a counter with increments and decrements, and a set in which an addition wins over a
// removal that did not see it.
//
// Any replica answers at once from its own state, once a change is on its own disk. The store is
// available under every partition, and therefore not linearizable: a read at another replica can
// miss an acknowledged change. It promises that replicas that have heard the same changes hold the
// same state, and that after the last fault every replica hears every change.
//
//	G1  A replica's state only grows: after an exchange it is the join of what was held and what
//	    was received, and a change keeps everything that was there (CRDT §2.3).
//	G2  After changing an object, a replica reads the change at once: with clock=lamport no
//	    acknowledged write is older than what its replica held.
//	G3  No replica knows more of another's own changes than that replica itself, restarts
//	    included: what it told was durable.
//	G4  With clock=lamport a stamp names one write: two replicas that hold it hold the same value
//	    with it.
//
// G1 makes them converge, because every pair of replicas meets again and again (§1.3).
//
// Anti-entropy is push and pull with a random partner: a greeting with one checksum; if the
// other's differs, a digest of the objects' checksums; then the objects that differ, both ways. An
// exchange sends whole objects. A client's change is a delta, which is joined like anything else
// (Almeida, Shoker, Baquero 2015), and only the delta is logged.
//
// Choices, and departures from the papers:
//
// No rumour mongering (§1.4): with few replicas, anti-entropy alone is quick enough.
//
// Tombstones are kept for ever. Dropping one safely requires knowing that every replica has it; §2
// only bounds the harm of dropping it without that knowledge.
//
// An element's additions are one number per node, not a set of tags: a node's later addition
// stands for its earlier ones. This is an observed-remove set at the size of a version vector.
//
// Repeated requests are not recognised, because the replica that is asked again may not have heard
// of the first request. So clients do not repeat a request with an unknown outcome
// (protocol.Unrepeatable).
//
// A replica that loses its disk forgets changes that it has told nobody, and can use their numbers
// again. Such a node must come back under another name.
package gossip
