// Package kv is the store that every protocol here replicates: a deterministic state machine of
// small objects with client sessions. An object is identified by the name of its model and a key.
//
//	K1  The state is a function of the commands applied: the same commands give the same results
//	    and the same snapshot, byte for byte.
//	K2  Within a session a request is applied at most once: a repeated (Session, Seq) is answered
//	    with the result of the first and changes nothing; a lower Seq than the session's last is
//	    answered as superseded and changes nothing.
//	K3  Query changes nothing and returns what Apply of the same command without a session would:
//	    it tries changes out.
//	K4  A failed call (Result.OK false) changes nothing except its session's record of it.
//	K5  Restore(Snapshot()) gives the same state, sessions included. Restore of anything else is
//	    an error and leaves the store as it was.
//	K6  A command on several objects is carried out whole or not at all: it is refused before
//	    anything changes.
//	K7  Stores that partition the keys act as one store: if all parts of a command agree when
//	    tried (Query), carrying them out has, joined, the command's result and its effect
//	    (protocol.Divisible).
//
// Most commands are calls of one object, which Command.Key names. The transactions list-append and
// rw-register, and the bank, name their keys in their values, as in the formats of Jepsen and
// Elle; their Command.Key is empty. list-append uses the lists of append-list, and rw-register the
// registers of register. A key that is a number is the same as a string of its digits. The bank
// has eight accounts, "0" to "7", that open with 10 each and never fall below zero. Besides
// transfer and read it has the two halves of a transfer, withdraw and deposit, whose key is the
// account.
//
// K2 is the exactly-once rule of the Raft dissertation (Ongaro 2014, §6.3), for one request at a
// time per session, which is enough for a sequential client. Unlike there, sessions are not
// registered: the first request opens one. Sessions do not expire: a store remembers one request
// and its result for every session, which is little for the length of a run. A system that runs
// for years must expire them, and by agreement, as §6.3 says.
//
// Values are JSON in its compact form (see [Compact]) and equal when their bytes are: 1 and 1.0
// differ, as do two orders of an object's members.
package kv
