// Package weak grades a history that is not linearizable: which weaker consistency it still has,
// and how far its reads lag.
//
//	W1  A session is a process. The order of a session is that of its calls; real time orders
//	    nothing between sessions, except for regular, safe and eventual. Calls that failed are
//	    dropped, reads with unknown result too.
//	W2  sequential: one order of all calls, over all keys together, that respects every session
//	    and that one correct copy of each key would have answered alike (Lamport, How to Make a
//	    Multiprocessor Computer That Correctly Executes Multiprocess Programs, 1979). It is no
//	    property of single keys: keys judged alone may each have such an order where all together
//	    have none. Deciding it is NP-complete even where values are unique (Gibbons and Korach,
//	    Testing Shared Memories, 1997): what must come before what is closed first, a cycle
//	    refutes, and where there is none an order is searched until ctx ends or memory does; the
//	    verdict is then unknown. First it is looked for, with little effort, among orders in which
//	    updates also stand as in real time: systems whose reads lag have one.
//	W3  The levels from causal to read-your-writes are of registers in which no value is written
//	    twice to one key, so that a read says which write it saw (Bouajjani, Enea, Guerraoui and
//	    Hamza, On Verifying Causal Consistency, POPL 2017, section 6). A write with unknown
//	    outcome took effect if and only if it was seen: one that nobody saw can be left out of any
//	    order. A cas is for its client a read and a write in one, and for all others a write, as
//	    replicas hand effects on. A cas that found another value than the old one reads a value of
//	    some other write, and does not tell which: a level holds if it does for some choice of
//	    these, is refuted if it is without them or for all choices, and is undecided if they are
//	    too many to be tried.
//	W4  Each of them asks, process by process, for a view: one order of all writes and of the
//	    process's own reads in which every such read returns the latest write before it, or the
//	    initial value if there is none. Views may differ, as in causal and PRAM memory; Terry and
//	    others (Session Guarantees for Weakly Consistent Replicated Data, 1994) have all servers
//	    agree on the order of writes. What a view has to respect makes the level:
//
//	    causal               the transitive closure of session order and reads-from (Ahamad and
//	                         others, Causal Memory: Definitions, Implementation, and Programming,
//	                         1995)
//	    pram                 its own session, and every session's writes in their order (Lipton
//	                         and Sandberg, PRAM: A Scalable Shared Memory, 1988)
//	    writes-follow-reads  a write comes after what its session had read; own reads in order
//	    monotonic-writes     every session's writes in their order; own reads in order
//	    monotonic-reads      own reads in order
//	    read-your-writes     own reads after own earlier writes
//
//	    All four guarantees keep the order in which one session wrote one key. Without it, no read
//	    of a register could be called older than another. The middle two include monotonic reads,
//	    as only a reader that does not go back sees in which order others wrote. So each level
//	    is implied by the levels above it: causal implies pram and writes-follow-reads, and pram
//	    implies monotonic-writes and read-your-writes (see Brzezinski, Sobaniec and Wawrzyniak,
//	    From Session Causality to Causal Consistency, 2004, and Viotti and Vukolic, Consistency in
//	    Non-Transactional Distributed Storage Systems, 2016).
//	W5  A view exists if and only if the closure of what it must respect under one rule (a write
//	    that comes before a read of another write of its key comes before that write) has no cycle
//	    and puts no write before a read of the initial value: the bad patterns CyclicHB and
//	    WriteHBInitRead of Bouajjani and others, which take in CyclicCO, WriteCORead and
//	    WriteCOInitRead. A value that nobody wrote (ThinAirRead) breaks every level. Polynomial: a
//	    few passes over calls times sessions for each process.
//	W6  regular: no read returns what was replaced by a write that began after it and ended before
//	    the read began, nor what was not yet being written when the read ended. With several
//	    writers that is MWRegWeak of Shao, Welch, Pierce and Lee (Multiwriter Consistency
//	    Conditions for Shared Memory Registers, 2011); with one, Lamport's regular register (On
//	    Interprocess Communication, 1986). safe: the same, of the reads that overlap no write of
//	    their key.
//	W7  Staleness is a lower bound by real time alone: how long before a read began, and by how
//	    many writes that lay wholly between, what it returned had been replaced.
//	W8  eventual: what strong eventual consistency (Shapiro, Preguica, Baquero and Zawirski,
//	    Conflict-Free Replicated Data Types, 2011) requires of a run. The final reads of a key all
//	    return the same state, and that state results from all updates that certainly took effect
//	    and some of those with unknown outcome. A read is final if the history marks it so, or if
//	    it began a known time after all faults had been healed, and after every update
//	    of the key that certainly took effect had ended. If neither is known, a read accuses only
//	    by a value that no replica can have had, and the history converged if the reads after the
//	    last update agree, or the last read of every client and node.
//
//	    register     A value that was written, or the initial value if no write certainly took
//	                 effect. A value is excluded if all of its writes happened before a write that
//	                 certainly took effect.
//	    set          An element must be there if an addition certainly took effect, unless some
//	                 removal did not happen before it. An element is excluded if nobody added it,
//	                 or if all of its additions happened before a removal that certainly took
//	                 effect.
//	    append-list  Every element at least as often as it certainly was appended, and at most as
//	                 often as it may have been.
//	    counter      The sum of all additions that certainly took effect and of some of the rest.
//
//	    One update happened before another if the replica that made the other knew of it: the node
//	    that answered the other, which is taken for the replica, had answered the first or shown
//	    its value before. Of two updates without such an order either may win, whatever the wall
//	    clock said. An update of unknown outcome may still change what is read: if reads differ
//	    only by such updates, nothing is claimed, unless they differ in the place of one such
//	    write. Faults that were never healed, and keys without a final read, leave it unknown.
package weak
