// Package nemesis does harm: faults, their schedules and their ends, by the powers that a cluster
// has.
//
// [Kinds] is the table of all faults. A [Schedule] draws them from the plan's seed, [Missing]
// refuses before a run what a cluster cannot suffer, and a [Nemesis] carries the operations out
// and says in each completion what was harmed and how that is known (history.Fault).
//
//	F1  The schedule is drawn from the seed alone: every backend is given the same faults in the
//	    same order for each kind. Only who leads is found out at the time.
//	F2  Every fault ends: at most one of a kind is in force, and heal-all ends them all.
//	F3  No two faults stop the same node: what is killed or paused is neither killed nor paused
//	    again, and another node suffers instead. A fault that finds nobody to harm is refused, and
//	    then there was none.
//	F4  Ending a fault undoes what it did and no other fault did; ending it twice does nothing.
//	F5  What may have happened is undone: a node is marked as harmed before it is harmed.
//	F6  A completion claims that a fault bit only where the cluster has proved it for every node
//	    that the fault named; of nodes set to crash one is enough. What is only asked for when a
//	    fault begins (such a crash, a change of membership, a transfer) is claimed at its end.
//	F7  No fault outlasts the run, so none keeps a quorum dead for ever: a cluster that is stuck
//	    after heal-all is stuck by itself.
package nemesis
