// Package live is the half of a cluster that all backends share whose nodes run for real: clients'
// calls and faults run in goroutines beside the driver, completions wait in one queue, and time is
// the monotonic clock's.
//
//	L1  Intervals are never shrunk: a call begins after the driver stamped its invocation, and its
//	    completion is stamped after it ended.
//	L2  Time never falls: a completion that Next hands out is stamped neither before the one
//	    handed out last nor before what Now said last. The queue is stamped in the order of its
//	    entries, under one lock.
//	L3  Whatever a client does, its call completes exactly once: a panic, or an answer that is no
//	    completion, is info.
//	L4  After Close no goroutine is left, and no client connected.
//	L5  A call with an unknown outcome lasts for an attempt's time at least, as if nobody had
//	    answered: a node that breaks connections as soon as they are made would draw to itself the
//	    load of all that come back at once.
package live
