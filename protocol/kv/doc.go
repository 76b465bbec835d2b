// Package kv is the store that every protocol here replicates: a deterministic state machine of small objects, each found
// by the name of its model and a key, with client sessions.
//
//	K1  The state is a function of the commands applied: the same commands give the same results and the same snapshot,
//	    byte for byte.
//	K2  Within a session a request is applied at most once: a repeated (Session, Seq) is answered with the result of the
//	    first and changes nothing; a lower Seq than the session's last is answered as superseded and changes nothing.
//	K3  Query changes nothing, and answers what Apply of the same command would, had it no session.
//	K4  A failed call (Result.OK false) has changed nothing but its session's memory of it.
//	K5  Restore(Snapshot()) is the same state, sessions included. Restore of anything else is an error and leaves the
//	    store as it was.
//
// K2 is the exactly-once rule of the Raft dissertation (Ongaro 2014, §6.3), kept for one request at a time per session,
// which is what a sequential client needs. Unlike there, sessions are not registered: the first request opens one. They
// do not expire: a store remembers one request and its result for every session of its life, which for the length of a
// run is little. A system that runs for years must expire them, and by agreement, as §6.3 says.
//
// Values are JSON in its compact form (see [Compact]) and equal when their bytes are: 1 and 1.0 differ, as do two orders
// of an object's members.
package kv
