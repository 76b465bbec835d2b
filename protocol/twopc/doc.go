// Package twopc is two-phase commit as a pure core: transactions over several shards that are carried out everywhere or
// nowhere. Gray, "Notes on Data Base Operating Systems" (1978, §5.8.3.3; cited as Gray); Bernstein, Hadzilacos and Goodman,
// "Concurrency Control and Recovery in Database Systems" (1987, chapter 7; cited as BHG, whose AC1 to AC5 these are); and for
// what need not be written Mohan, Lindsay and Obermarck, "Transaction Management in the R* Distributed Database Management
// System" (1986, presumed abort; cited as MLO).
//
// Every node is a shard: keys are spread over the members by their hash. The node that a client asks coordinates the
// transaction: it has every shard that the command touches try its part, lock what it touches, and vote; if all vote yes it
// decides to commit, and tells them. A shard that has voted yes and has not heard the decision is in doubt: it may neither carry
// its part out nor let go of its locks, for as long as it takes. That is the price of two-phase commit, and no protocol is
// without it (BHG §7.3).
//
// What every run keeps, and every simulated run checks after each step:
//
//	T1  All that decide on a transaction decide alike (AC1), nobody takes a decision or a vote back (AC2), and a part is carried
//	    out once, or not at all.
//	T2  A transaction is committed only if all its participants have voted yes (AC3).
//	T3  Between a vote and the end nobody else touches what the part reads or writes, but that several may read (strict two-phase
//	    locking); so a part, when it is carried out, does what was voted for.
//	T4  What a node has told others, a vote, a decision or that it has carried one out, it still knows after a crash.
//	T5  No transaction has the name of another.
//	T6  A coordinator forgets a transaction that it has committed only when all participants have: what it does not know was
//	    rolled back.
//
// AC4, a transaction that can be committed and meets no failure is, and AC5, once failures are repaired every transaction comes
// to its end, are for transcripts and for the checker of liveness.
//
// From T1 to T3 follows that transactions are strictly serializable: all locks of one are held at the moment of its decision,
// which lies between the client's request and its answer.
package twopc
