// Package harness runs an experiment: one loop asks a generator what to do next, starts it on the
// cluster, and records every invocation and completion, until the generator is done.
//
//	N1  One goroutine: the loop never blocks but in Cluster.Next.
//	N2  An invocation is recorded before the call begins and a completion after it has ended, so
//	    that a recorded call never seems shorter than it was. (A shortened call could turn a
//	    correct cluster's history into a wrong one.)
//	N3  Whatever ends the loop (the generator, the user, a panic, a lost engine), every fault is
//	    healed and what was recorded is kept.
//	N4  In sim, the loop draws and decides by virtual time and the seed alone.
//	N5  What a campaign finds depends on its seeds alone: not on how many are tried at a time, nor
//	    how it is divided.
package harness
