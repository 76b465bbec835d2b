// Package twopc is two-phase commit as a pure core: transactions over several shards that are carried out everywhere or
// nowhere. Gray, "Notes on Data Base Operating Systems" (1978; cited as Gray); Bernstein, Hadzilacos and Goodman, "Concurrency
// Control and Recovery in Database Systems" (1987, chapter 7; cited as BHG, whose AC1 to AC5 these are); and for what need not
// be written, Mohan, Lindsay and Obermarck, "Transaction Management in the R* Distributed Database Management System" (1986,
// presumed abort; cited as MLO).
//
// Every node is a shard: keys are spread over the members by their hash, and none is replicated. The node that a client asks
// coordinates: it has every shard that the command touches try its part, lock what it touches, and vote; if all vote yes it
// decides to commit, and tells them. A participant that has voted yes and does not hear the decision is in doubt: it may neither
// carry its part out nor let go of its locks, for as long as it takes. That is the price of two-phase commit, and no protocol
// that survives the loss of messages is without it (BHG §7.3).
//
// What every run keeps, and every simulated run checks after each step:
//
//	T1  All that decide on a transaction decide alike (AC1), nobody takes a decision or a vote back (AC2), and a part is carried
//	    out once, or not at all.
//	T2  A transaction is committed only if all its participants have voted yes (AC3).
//	T3  From a vote to the end nobody else changes what the part touches, nor reads what it writes (strict two-phase locking);
//	    so a part, when it is carried out, does what was voted for.
//	T4  What a node has told others, a vote, a decision or that it has carried one out, it still knows after a crash.
//	T5  No transaction has the name of another.
//	T6  A coordinator forgets a transaction that it has committed only when all participants have: of what it does not know, it
//	    is right to say that it was rolled back.
//
// AC4, what all can carry out and no failure hinders is committed, and AC5, once failures are repaired every transaction comes to
// its end, are for transcripts, and for the checker of liveness.
//
// From T1 to T3 follows that transactions are strictly serializable, those that only read too: all locks of one are held at one
// moment between the client's request and its answer.
//
// Choices that the books leave open, and departures from them:
//
// Locks are never waited for. Who cannot have one at once votes no; the coordinator rolls back, and tries again under a new name
// at every tick at even odds, until its patience ends. So there is no deadlock, within a shard or across them, nobody has to look
// for one, and a participant has no queue to lose in a crash. The price are rollbacks where keys are hot. Where the lock's owner
// is in doubt, trying again is of no use: the client hears at once who blocks it.
//
// A transaction of one shard needs no vote: it is carried out there at once (one-phase=on). Of the answer to that one, and of no
// other, a coordinator that gives up does not know whether it took effect.
//
// A transaction that only reads keeps its locks until it has read everything, and a participant writes them to its disk like any
// other vote, for a reader that lost its locks in a crash could read one shard before a writer and another after it. Then they
// are let go as by a rollback: there is nothing to commit, and nothing to acknowledge. (The read-only optimisation of MLO, which
// lets go of them with the vote, is sound only where all locks of a transaction were taken before the first vote.)
//
// A no is written like a yes, though presumed abort does not ask for it: a message that comes twice must not find another answer.
// What is over is remembered as long as a message of it may be under way and could do harm; see past.
//
// Names hold the number of the coordinator's life, which is on its disk before its first message leaves.
//
// With termination=cooperative a participant in doubt asks the others too. One that has heard the decision tells it; one that has
// not voted votes no, and then nobody will commit (BHG §7.4). If all are in doubt, all wait.
//
// A repeated command is not recognised (protocol.Protocol.Unrepeatable): another node may coordinate it, as another transaction.
// Membership is fixed, for keys do not move.
//
// What is claimed, and which transcript in testdata shows it; TestStorm lets everything happen at once:
//
//	Gray, AC4   all vote yes, so it is committed    a_transaction_commits_when_all_have_voted_yes
//	AC3         one no rolls back everywhere        one_no_rolls_back_everywhere
//	AC1         a decision reaches everyone         a_lost_decision_is_told_again, the_coordinator_crashes_after_it_has_decided
//	MLO         what is not known was rolled back   the_coordinator_crashes_before_it_decides, a_patience_that_ends_rolls_back
//	BHG §7.4    a vote outlives a crash             a_participant_comes_back_in_doubt_with_its_locks
//	BHG §7.3    who is in doubt blocks              a_participant_in_doubt_blocks
//	BHG §7.4    others may know                     participants_ask_each_other, who_has_not_voted_yet_can_still_refuse
//	AC2         late messages change nothing        a_late_prepare_locks_nothing, what_was_refused_stays_refused
//	            one shard needs one phase           one_shard_needs_one_phase
//	BHG §3      locks are held to the end           reads_lock_too, a_locked_key_is_refused_and_tried_again
//	            nobody waits for a lock             two_in_opposite_order_do_not_deadlock
//
// Read coordinator.go and participant.go first, then past.go, and recovery.go, where a record says what it does.
package twopc
