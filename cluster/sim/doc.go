// Package sim runs a cluster inside one goroutine, in virtual time, from one seed.
//
// Nodes, clients, network, disks and clocks are one queue of events in the order of virtual time.
// Nothing happens between two events, so an hour of a quiet cluster costs only its events. Every
// run is a function:
//
//	S1  The same Config, Options and calls of the harness give the same completions, at the same
//	    times, byte for byte, in any process on any machine. Nothing here reads a clock, ranges
//	    over a map, or draws from a shared random source. Delays are whole numbers, because
//	    floating point may round differently elsewhere.
//	S2  A message or reply leaves a node after everything that the node had to persist before is
//	    durable, in the order given by the core (P2), unless the Output says Unsynced.
//	S3  A crash keeps a prefix of a node's log that holds at least the durable records; a
//	    checkpoint survives whole or not at all.
//	S4  An honest link keeps order and loses nothing, like a connection; only a fault loses,
//	    repeats or reorders messages.
//	S5  A node that is behind its clock, because it was paused, first gets the ticks it missed: a
//	    tick says that time has passed, and a host must not hide it.
//	S6  Every attempt of one call carries the same session and sequence number.
//	S7  Random draws come from streams by purpose (each link, each node, each disk, the clients),
//	    so an additional draw in one changes nothing in another.
//
// The shape follows FoundationDB's simulation and TigerBeetle's VOPR; the disk's rule at a crash
// is Pebble's CrashClone.
package sim
