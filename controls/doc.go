// Package controls shows that a run can fail: the harness lies on behalf of the target, and the
// judge must notice. A check that cannot fail is worthless, and a user cannot plant a bug in a
// database; a lie between the clients and the cluster is the next best thing, and works for any
// target on any backend.
//
// A [Liar] stands between the clients and the cluster. It tells lies of one kind, from a moment
// drawn from the seed on.
//
//	L1  A run has one kind of lie. Everything else passes through unchanged.
//	L2  The history records the lie as the client would have seen it: an answer that the target
//	    did not give, or a call that the target did not get.
//	L3  Every lie told is counted, and names its call. A run without a lie proves nothing.
//	L4  Which lies are told depends on the seed and on what the clients saw, so that a simulated
//	    run repeats them.
//	L5  A lie takes no call away: every invocation has one completion.
package controls
