// Package history is what happened: the operations of a run, paired into calls, written and read back.
//
//	H1  A process is sequential: it invokes nothing while a call of its own is under way.
//	H2  A completion has exactly one invocation.
//	H3  Time never falls.
//	H4  After info a process identifier is never used again.
package history
