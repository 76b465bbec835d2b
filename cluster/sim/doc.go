// Package sim runs a cluster inside one goroutine, in virtual time, from one seed.
//
// Nodes, clients, network, disks and clocks are one queue of events in the order of virtual time;
// nothing happens between two events, so an hour of a quiet cluster costs what its events cost.
// Every run is a function:
//
//	S1  The same Config, Options and calls of the harness give the same completions, at the same
//	    times, byte for byte, in any process on any machine. Nothing here reads a clock, ranges
//	    over a map, or draws from a shared random source; delays are whole numbers, because
//	    floating point may round differently elsewhere.
//	S2  What leaves a node leaves after everything that it had to persist before is durable, in
//	    the order in which the core said so (P2), unless the Output says Unsynced.
//	S3  A crash keeps a prefix of a node's log that holds at least all that was durable; a
//	    checkpoint survives whole or not at all.
//	S4  An honest link keeps order and loses nothing, as a connection does; only a fault loses,
//	    repeats or overtakes.
//	S5  A node that is behind its clock (it was paused) gets the ticks it missed before anything
//	    else: a tick says that time has passed, and a host must not hide it.
//	S6  Every attempt of one call carries the same session and sequence number.
//	S7  Random draws come from streams by purpose (each link, each node, each disk, the clients),
//	    so that a draw more in one changes nothing in another.
//
// The shape follows FoundationDB's simulation and TigerBeetle's VOPR; the disk's rule at a crash
// is Pebble's CrashClone.
package sim
