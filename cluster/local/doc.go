// Package local runs a target's nodes as child processes on the loopback interface. It needs no
// root and no engine.
//
//	L1  Nodes reach each other only through the proxies of package proxy; clients reach them
//	    directly.
//	L2  A node is killed with SIGKILL and paused with SIGSTOP. What it has written survives,
//	    synced or not: the host's disk cache outlives a process. Only the simulator's disks lose
//	    what was not synced.
//	L3  No child outlives the harness. On Linux the kernel kills it when the harness dies, however
//	    that dies, and a reaper (cluster.Config.Reaper) what it has started; elsewhere, and where
//	    that fails, a ledger on disk (in StateDir) names the children for Clean, which leaves
//	    alone what a living harness owns. Nobody else's process is ever signalled: a process is
//	    known by its number and the time at which it started, or by a mark in its environment that
//	    is drawn for the cluster.
//	L4  A node listens on ports that the system does not give to outgoing connections, so that
//	    they are free when the node is started again. Should one be taken all the same, the node
//	    moves, and its peers and clients follow.
package local
