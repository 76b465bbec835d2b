// Package network is a network between members of one process: listeners, dialers and connections
// that behave as TCP's do, and links that can be cut, stalled and slowed down. It opens no socket
// and starts no goroutine that waits. All waiting is on condition variables, channels and timers,
// so that a network inside a testing/synctest bubble takes virtual time.
//
//	V1  A connection is two streams of bytes. Bytes arrive in the order in which they were
//	    sent, each once, or not at all: loss shows as the delay of a retransmission, as it
//	    does with TCP.
//	V2  A link takes effect at the moment of arrival, in one direction, for all its streams
//	    at once. What a cut keeps back is retransmitted after healing, at the times at which
//	    TCP would; what a hold keeps back arrives at once.
//	V3  A member that does not read is not read for: a full window blocks the writer.
//	V4  A killed host is gone at one moment: its listener refuses, its own calls fail, and
//	    its peers learn by a reset, which travels like everything else. What it had sent
//	    before still arrives.
//	V5  Clients are hosts outside: no link of theirs is cut or slowed down, but a member
//	    that is paused answers nobody.
package network
