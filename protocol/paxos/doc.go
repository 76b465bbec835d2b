// Package paxos is Paxos as a pure core: Lamport, "Paxos Made Simple" (2001; cited by section), made a store as Rystsov has it,
// "CASPaxos: Replicated State Machines without logs" (2018; cited as CASPaxos).
//
// Each key is one instance of single-decree Paxos, and every node plays all three parts in it: proposer (proposer.go),
// acceptor (acceptor.go) and learner (learner.go); round.go is how they play together. Instead of a log there is one value
// that changes: a proposer applies its clients' commands to the value that phase 1 brings and has the result accepted in phase
// 2, so that every value that is chosen is a change of the one chosen before. A read is the change that changes nothing. There
// is no leader: any node proposes, and those that propose at once outbid each other until a drawn pause lets one through.
//
// What every run keeps, and every simulated run checks after each step:
//
//	S1  An acceptor's promise never falls, it accepts nothing below its promise (P1a, §2.2), and it accepts nothing without
//	    promising it. What it has told anybody of either, it still knows after a crash.
//	S2  A ballot of a key is begun by one proposer, once, and one value is proposed under it (§2.5: disjoint sets of numbers).
//	S3  A proposal is a change of the value of some lower ballot, and no value was chosen under a ballot between the two. This
//	    is P2c of §2.2, with CASPaxos' change in the place of equality.
//	S4  A value that was found to be chosen is held by a majority of acceptors, or a later one is, also after crashes.
//	S5  An acceptor accepts whatever it has not promised to refuse (P1a says "if and only if").
//
// Choices that the papers leave open, and departures from them:
//
// The value of a key is a snapshot of the store of package kv that holds this key alone, its clients' sessions with it. So
// every object that lives on one key is served, and a command that comes twice is recognised by the value itself: a proposer
// that was outbid may bring its commands again under the next ballot without knowing whether they were chosen. A command
// without a session is not brought again once it was proposed: its outcome is unknown.
//
// A ballot is a round and the proposer's name. It is never used again, though proposers write nothing: a proposer's own
// acceptor promises the ballot, and this promise is on disk before anybody else hears of it (protocol.P2). A restarted
// proposer begins above it.
//
// The learner of a ballot is that of the node that proposes it (§2.3's distinguished learner): acceptors tell nobody else.
// Other nodes need not know what was chosen, because whoever wants to know proposes.
//
// Requests for a key that arrive while a ballot is under way wait, and the next ballot carries all of them out in order.
//
// An acceptor that refuses says what it has promised (§2.2 suggests it), and the proposer gives its ballot up at the first
// refusal. It pauses for 1 to 2 ticks, then 1 to 4, and so on, each pause drawn, until one of its ballots is chosen. Without
// this two proposers may outbid each other for ever (§2.4); Lamport has them elect a leader.
//
// A request that waits too long is given up: rejected if it was never part of a proposal, or is a read; unknown otherwise,
// for whoever next asks an acceptor that holds the proposal makes it everybody's.
//
// CASPaxos lets a proposer skip phase 1 by having the next ballot promised along with the acceptance of this one. This one
// does not: both phases are there to be watched. Membership is fixed.
//
// What the papers claim, and which transcript in testdata shows it; TestStorm lets everything happen at once:
//
//	§2.2  phases 1 and 2                              a_value_is_chosen_in_two_phases
//	§2.2  P2c: what is chosen stays                   a_chosen_value_is_never_lost, the_value_of_the_highest_ballot_is_kept
//	§2.2  P1a: promises, and nothing but promises     a_promise_survives_a_crash, an_acceptor_needs_no_prepare
//	§2.4  proposers may duel                          duelling_proposers_outbid_each_other
//	§2.5  a ballot is never used again                a_restarted_proposer_takes_a_new_ballot
//	CASPaxos  a round is change, then accept          requests_that_wait_go_together, a_repeated_command_is_recognised
//	protocol.P5  rejected means never                 nobody_knows_what_became_of_it, without_a_session_nobody_tries_again
package paxos
