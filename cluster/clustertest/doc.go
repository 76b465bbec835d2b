// Package clustertest is the suite that every backend passes: it checks the promises of package
// cluster on a running cluster.
//
//	B1  Every call and every fault comes out of Next exactly once; time never falls.
//	B2  Next returns at its deadline or when its context is done, and returns no unrequested
//	    completion.
//	B3  An acknowledged write is read afterwards, at every node.
//	B4  A node that is down or paused answers nothing; the others go on, and calls addressed to it
//	    reach them.
//	B5  Killed nodes that are started again have kept what was acknowledged, even if all were down
//	    at once.
//	B6  No call is answered from the smaller side of a partition; the larger goes on; after
//	    healing all do.
//	B7  Slow and lossy links slow a cluster down but do not stop it.
//	B8  Close ends every call, and is safe to call twice.
//	B9  A node's clocks that were set wrong stay so until they are set right, even across a
//	    restart.
//	B10 An exit that the suite itself caused is not reported (cluster.Config.OnExit).
//
// The suite waits by asking and by Next, in the cluster's own time, so it also runs where time is
// virtual.
package clustertest
