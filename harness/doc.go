// Package harness runs an experiment: one loop asks a generator for the next operation, starts it
// on the cluster, and records every invocation and completion, until the generator is done.
//
//	N1  One goroutine: the loop blocks only in Cluster.Next.
//	N2  An invocation is recorded before the call begins and a completion after it has ended, so
//	    a recorded call is never shorter than it was. (A shortened call could make a correct
//	    cluster's history invalid.)
//	N3  Whatever ends the loop (the generator, the user, a panic, a lost engine), every fault is
//	    healed and everything recorded is kept.
//	N4  In sim, the loop draws and decides by virtual time and the seed alone.
//	N5  The findings of a campaign depend on its seeds alone, not on how many run at a time or how
//	    they are divided.
package harness
