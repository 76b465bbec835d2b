// Package nemesis injects faults: it defines them, schedules them, and ends them, using the powers
// that a cluster has.
//
// [Kinds] is the table of all faults. A [Schedule] draws them from the plan's seed. [Missing]
// rejects, before a run, faults that a cluster does not support. A [Nemesis] carries the
// operations out and reports in each completion what was harmed and how that is known
// (history.Fault).
//
//	F1  The schedule is drawn from the seed alone: every backend gets the same faults in the same
//	    order for each kind. Only the leader is determined at run time.
//	F2  Every fault ends: at most one of a kind is in force, and heal-all ends them all.
//	F3  No two faults stop the same node: a killed or paused node is not killed or paused again,
//	    and another node takes its place. A fault with no eligible node is skipped and not
//	    recorded.
//	F4  Ending a fault undoes what that fault did and nothing else; ending it twice does nothing.
//	F5  What may have happened is undone: a node is marked as harmed before it is harmed.
//	F6  A completion claims that a fault took effect only if the cluster proved it for every node
//	    of the fault; for crashes at a point, one node is enough. A fault that is only requested
//	    when it begins (a crash, a change of membership, a transfer) is claimed at its end.
//	F7  No fault outlasts the run, so none keeps a quorum dead for ever: a cluster that is stuck
//	    after heal-all is stuck by itself.
package nemesis
