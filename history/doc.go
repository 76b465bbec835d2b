// Package history is what happened: the operations of a run, paired into calls, written and read
// back.
//
//	H1  A process is sequential: it invokes nothing while a call of its own is under way.
//	H2  A completion has exactly one invocation.
//	H3  The order of the events is the order of real time, and times never fall: one that steps
//	    back is raised to the time before it, and a note says so.
//	H4  After info a process identifier is never used again.
package history
