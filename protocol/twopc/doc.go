// Package twopc implements two-phase commit as a pure core: transactions over several shards that
// are carried out everywhere or nowhere. It follows Gray, "Notes on Data Base Operating Systems"
// (1978; cited as Gray), and Bernstein, Hadzilacos and Goodman, "Concurrency Control and Recovery
// in Database Systems" (1987, chapter 7; cited as BHG), from which AC1 to AC5 are taken. Presumed
// abort, which says what need not be written, is from Mohan, Lindsay and Obermarck, "Transaction
// Management in the R* Distributed Database Management System" (1986; cited as MLO).
//
// Every node is a shard: keys are spread over the members by their hash, without replication. The
// node that receives a client's command coordinates it. It asks every shard that the command
// touches to try its part, lock the keys, and vote. If all vote yes, it decides to commit and
// tells them. A participant that has voted yes and has not heard the decision is in doubt: it can
// neither carry its part out nor release its locks until it hears. This blocking is the price of
// two-phase commit, and every atomic commitment protocol that survives lost messages can block
// (BHG §7.3).
//
// Every simulated run checks these invariants after each step:
//
//	T1  All nodes that decide on a transaction decide alike (AC1). No node reverses a decision or
//	    a vote (AC2), and a part is carried out once, or not at all.
//	T2  A transaction is committed only if all its participants have voted yes (AC3).
//	T3  From a vote to the end, no other transaction changes what the part touches or reads what
//	    it writes (strict two-phase locking), so the part does what was voted for.
//	T4  What a node has told others (a vote, a decision, or that it carried one out) it still
//	    knows after a crash.
//	T5  No two transactions have the same name.
//	T6  A coordinator forgets a committed transaction only when all participants have committed,
//	    so an unknown transaction was rolled back.
//
// AC4 (a transaction that all can carry out is committed if no failure prevents it) and AC5 (once
// failures are repaired, every transaction ends) are covered by transcripts and by the liveness
// checker.
//
// T1 to T3 imply that transactions, including read-only ones, are strictly serializable: all locks
// of one are held at one moment between the client's request and its answer.
//
// Choices that the books leave open, and departures from them:
//
// Nobody waits for a lock. A participant that cannot lock at once votes no. The coordinator rolls
// back and tries again under a new name, with probability one half at every tick, until its
// timeout. So there is no deadlock, within a shard or across shards, no deadlock detection, and no
// queue that a crash could lose. The price is rollbacks when keys are contended. If the lock's
// owner is in doubt, retrying does not help, and the client is told at once which node blocks it.
//
// A transaction of one shard needs no vote: the shard carries it out at once (one-phase=on). If
// the coordinator gives up such a transaction, its outcome is unknown; this is the only unknown
// outcome.
//
// A read-only transaction keeps its locks until it has read everything, and a participant writes
// them to its disk like any other vote. A reader that lost its locks in a crash could read one
// shard before a writer and another after it. The locks are then released as in a rollback: there
// is nothing to commit or to acknowledge. (MLO's read-only optimisation releases them with the
// vote. It is sound only if all locks of a transaction were taken before the first vote.)
//
// A no is written like a yes, although presumed abort does not require it: a duplicated message
// must get the same answer. A finished transaction is remembered as long as a late message about
// it could do harm; see past.
//
// A transaction's name includes the number of the coordinator's life, which is on its disk before
// its first message leaves.
//
// With termination=cooperative, a participant in doubt asks the other participants too. One that
// has heard the decision passes it on. One that has not voted votes no, so nobody will commit (BHG
// §7.4). If all are in doubt, all wait.
//
// Repeated commands are not recognised (protocol.Protocol.Unrepeatable): another node may
// coordinate the repetition, as another transaction. Membership is fixed, because keys do not
// move.
//
// The claims and the transcripts in testdata that show them; TestStorm combines all faults:
//
//	Gray, AC4   all vote yes, so it is committed    a_transaction_commits_when_all_have_voted_yes
//	AC3         one no rolls back everywhere        one_no_rolls_back_everywhere
//	AC1         a decision reaches everyone         a_lost_decision_is_told_again, the_coordinator_crashes_after_it_has_decided
//	MLO         unknown means rolled back           the_coordinator_crashes_before_it_decides, a_patience_that_ends_rolls_back
//	BHG §7.4    a vote outlives a crash             a_participant_comes_back_in_doubt_with_its_locks
//	BHG §7.3    a participant in doubt blocks       a_participant_in_doubt_blocks
//	BHG §7.4    others may know                     participants_ask_each_other, who_has_not_voted_yet_can_still_refuse
//	AC2         late messages change nothing        a_late_prepare_locks_nothing, what_was_refused_stays_refused
//	            one shard needs one phase           one_shard_needs_one_phase
//	BHG §3      locks are held to the end           reads_lock_too, a_locked_key_is_refused_and_tried_again
//	            nobody waits for a lock             two_in_opposite_order_do_not_deadlock
//
// Start with coordinator.go and participant.go, then past.go, and recovery.go, where each record
// takes effect.
package twopc
