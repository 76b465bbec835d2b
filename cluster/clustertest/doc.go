// Package clustertest is the suite that every backend passes: what package cluster promises, tried
// on a running cluster.
//
//	B1  Every call and every fault comes out of Next exactly once; time never falls.
//	B2  Next returns when its time has come or its context is done, and hands out no completion
//	    that was not asked for.
//	B3  What was acknowledged is read afterwards, whichever node is asked.
//	B4  A node that is down or paused answers nothing; the others go on, and calls addressed to it
//	    find them.
//	B5  Killed nodes that are started again have kept what was acknowledged, even if all were down
//	    at once.
//	B6  No call is answered from the smaller side of a partition; the larger goes on; after
//	    healing all do.
//	B7  Slow and lossy links slow a cluster down and stop nothing.
//	B8  Close ends every call, and is safe to call twice.
//	B9  A node's clocks that were set wrong stay so until they are set right, a restart in between
//	    or not.
//	B10 Nobody is told of an exit (cluster.Config.OnExit) that the suite itself has caused.
//
// The suite waits for what it wants to see by asking and by Next, in the cluster's own time, so
// that it also runs where time is virtual.
package clustertest
