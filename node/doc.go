// Package node runs a protocol's core with a real clock, network and disk, and an HTTP interface
// for clients.
//
//	N1  One goroutine owns the core and the log. Every event reaches it through one channel, or is
//	    a tick.
//	N2  Messages and replies leave after every record of the same and of earlier outputs is synced
//	    (protocol.P2). Inputs that wait meanwhile are taken together and share the next sync.
//	N3  The core never waits for the network: messages to a peer that does not keep up, or is not
//	    there, are lost, the oldest first.
//	N4  An answer is definite only if the operation certainly happened or certainly will not.
//	N5  When the log fails the node ends, because it can no longer keep its promises.
//	N6  Run returns after every goroutine that it started.
//	N7  A node of a run accepts no peer of another run and no client that names another run. No
//	    two nodes use one data directory at a time.
//	N8  An operator can set the core's clocks wrong. The machine's clocks are never touched, and
//	    only ticks follow the core's.
//
// # Client interface
//
// Bodies and answers are JSON. A call names an object of package kv, a key, and a call of the
// object's model:
//
//	POST /v1/{object}/{key}/{f}     the body is the argument; none is null
//	GET  /v1/{object}/{key}/{f}     the same without argument, for calls that change nothing
//
//	$ curl -d 1     localhost:8001/v1/cas-register/x/write
//	{"value":1,"node":"n1"}
//	$ curl -d [1,2] localhost:8001/v1/cas-register/x/cas
//	{"value":[1,2],"node":"n1"}
//	$ curl          localhost:8001/v1/cas-register/x/read
//	{"value":2,"node":"n1"}
//	$ curl -d [1,3] localhost:8001/v1/cas-register/x/cas
//	{"error":"token is not the holder's","definite":true,"node":"n1"}
//
// The key - stands for no key. A client can send the headers Splitvote-Session and Splitvote-Seq,
// a number that grows with every request of the session. A repeated request then gets its first
// answer and has no second effect.
//
// An answer can carry the header Splitvote-Position: the position in the replicated history of the
// state that it describes. A client that sends its greatest position as Splitvote-Seen is never
// answered from an earlier state, by any node.
//
//	status                   means
//	200                      done: value is the completion's value
//	400, definite            not understood: no such object or call, or the argument is not JSON
//	405, definite            GET of a call that changes something
//	409, definite            refused: token is not the holder's, not enough in the account ...
//	409, not definite        the session has gone past this request
//	421, definite            the client's header Splitvote-Run names another run than the node's
//	503, definite            not carried out, here or anywhere; leader says who could, if known
//	504, not definite        carried out or not, now or later
//
// For operators and fault injection:
//
//	GET  /status           id, protocol, role, term, leader, commit, applied, last, members, bug
//	GET  /ready            200 once the log is read and the node serves. It may not know a leader yet: a node that
//	                       started in a minority must still report that it runs.
//	POST /clock/{offset}/{drift}
//	                       set the core's wall clock ahead by a duration, as -1.5s, and make its clocks run fast by drift parts
//	                       per million; /clock/0s/0 resets them. The value is the previous setting. A restart resets them too.
//	POST /transfer/{to}    hand leadership to another node
//	POST /members/add/{id}, POST /members/remove/{id}
//	                       change the configuration. A node that is added must be among the peers that every node was
//	                       started with.
//
// # Files and messages
//
// The data directory is the write-ahead log of package wal. Nodes talk in the frames of package
// frame.
package node
