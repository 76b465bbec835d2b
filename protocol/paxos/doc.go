// Package paxos implements Paxos as a pure core. It follows Lamport, "Paxos Made Simple" (2001;
// cited by section). It becomes a store as in Rystsov, "CASPaxos: Replicated State Machines
// without logs" (2018; cited as CASPaxos).
//
// Each key is one instance of single-decree Paxos, and every node has all three roles in it:
// proposer (proposer.go), acceptor (acceptor.go) and learner (learner.go); round.go connects them.
// There is one changing value in place of a log. A proposer applies its clients' commands to the
// value found in phase 1 and has the result accepted in phase 2, so every chosen value is a change
// of the one chosen before. A read is the change that changes nothing. There is no leader: any
// node proposes, and concurrent proposers outbid each other until a random pause lets one through.
//
// Every simulated run checks these invariants after each step:
//
//	S1  An acceptor's promise never falls, it accepts nothing below its promise (P1a, §2.2), and
//	    it accepts nothing without promising it. Any promise or acceptance that it has reported
//	    survives a crash.
//	S2  A ballot of a key is begun by one proposer, once, and one value is proposed under it
//	    (§2.5: disjoint sets of numbers).
//	S3  A proposal is a change of the value of some lower ballot, and no value was chosen under a
//	    ballot between the two. This is P2c of §2.2, with CASPaxos' change in place of equality.
//	S4  A majority of acceptors holds every value found to be chosen, or a later one, even after
//	    crashes.
//	S5  An acceptor accepts whatever it has not promised to refuse (P1a says "if and only if").
//
// Choices that the papers leave open, and departures from them:
//
// The value of a key is a snapshot of a kv store that holds this key alone, including its clients'
// sessions. So every object that uses a single key is served, and the value itself recognises a
// repeated command. A proposer that was outbid can therefore repeat its commands under the next
// ballot without knowing whether they were chosen. A command without a session is not repeated
// once it was proposed: its outcome is unknown.
//
// A ballot is a round and the proposer's name. It is never reused, although proposers write
// nothing: a proposer's own acceptor promises the ballot, and this promise is on disk before
// anybody else hears of it (protocol.P2). A restarted proposer begins above it.
//
// Only the node that proposes a ballot learns its outcome (§2.3's distinguished learner):
// acceptors tell no other node. Other nodes need not know what was chosen, because a node that
// wants to know proposes.
//
// Requests for a key that arrive during a ballot wait, and the next ballot carries all of them out
// in order.
//
// An acceptor that refuses reports what it has promised (as §2.2 suggests), and the proposer gives
// its ballot up at the first refusal. It pauses for 1 to 2 ticks, then 1 to 4, and so on, each
// time at random, until one of its ballots is chosen. Otherwise two proposers could outbid each
// other for ever (§2.4); Lamport has them elect a leader.
//
// A request that waits too long is given up. It is rejected if it was never part of a proposal, or
// is a read. Otherwise it is unknown, because any proposer that hears from an acceptor with the
// proposal may complete it.
//
// In CASPaxos a proposer can skip phase 1 by having the next ballot promised along with the
// acceptance of this one. This implementation does not, so that both phases can be observed.
// Membership is fixed.
//
// The papers' claims and the transcripts in testdata that show them; TestStorm combines all
// faults:
//
//	§2.2  phases 1 and 2                              a_value_is_chosen_in_two_phases
//	§2.2  P2c: what is chosen stays                   a_chosen_value_is_never_lost, the_value_of_the_highest_ballot_is_kept
//	§2.2  P1a: promises, and nothing but promises     a_promise_survives_a_crash, an_acceptor_needs_no_prepare
//	§2.4  proposers may duel                          duelling_proposers_outbid_each_other
//	§2.5  a ballot is never used again                a_restarted_proposer_takes_a_new_ballot
//	CASPaxos  a round is change, then accept          requests_that_wait_go_together, a_repeated_command_is_recognised
//	protocol.P5  rejected means never                 nobody_knows_what_became_of_it, without_a_session_nobody_tries_again
package paxos
