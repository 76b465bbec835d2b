// Package protocol defines a replicated state machine as a pure function from an input and a state
// to an output.
//
// The same core runs in the simulator, in a process and in a container, because it does not depend
// on any of them. It has no goroutine, clock, I/O, log, randomness or map-iteration order of its
// own.
//
//	P1  Step is a function: the same Config, records and inputs give the same outputs, byte for
//	    byte.
//	P2  Nothing in Send or Reply leaves before this Output's Persist and all earlier ones are
//	    durable.
//	P3  What an Output points at (commands, bodies, record data) is never changed afterwards, by
//	    core or host.
//	P4  Every Propose, Transfer and Reconfigure is answered by exactly one Reply, or never if the
//	    node crashes first.
//	P5  Rejected means never: a rejected command has not been and will not be applied anywhere.
//
// The core is responsible for P1 and P3, the host for P2. P4 and P5 are what the core promises to
// clients.
package protocol
