// Package txn judges histories of transactions by the cycles of their dependencies: Adya's
// anomalies, found as Elle finds them.
//
//	h, err := history.Read(file)
//	c, err := txn.New("list-append", "snapshot-isolation")
//	r := c.Check(ctx, h)
//	// r.Verdict, r.Evidence, txn.Anomalies(r), txn.RuledOut(r), txn.MayStillBe(r)
//
// A call of a transaction has F "txn" and as value its micro-operations, ["append", key, element]
// and ["r", key, list] for list-append, ["w", key, value] and ["r", key, value] for rw-register;
// in a completion the reads hold what they returned. Both have predicate reads, ["rp", null, {key:
// list or value}], of all keys that have a value. The bank's calls are "transfer" of {"from",
// "to", "amount"} and "read" of {account: balance}.
//
//	X1  A transaction that ended ok committed. One that ended fail aborted: nobody may ever see
//	    what it wrote. Of one that ended info nobody knows, so it committed if and only if a
//	    committed transaction read something it wrote: one that was seen must have committed for
//	    every level from read-committed up, and one that nobody saw can be left out of any
//	    execution. At read-uncommitted a transaction may also read what aborts later, so that a
//	    cycle through one that ended info is no G0; it is a G1c, whichever way the transaction
//	    ended.
//	X2  Elements of a list and values of a register are written once to each key. Then a read
//	    tells which write it saw (recoverability: Kingsbury and Alvaro, Elle: Inferring Isolation
//	    Anomalies from Experimental Observations, VLDB 2020, section 4.2). X16 is about those that
//	    are written twice, and about null, the initial value of a register. Where a history says
//	    with what keys begin, a register's value stands for null, and a list's elements are cut
//	    off every read. A read of a list that does not begin with them is a value-from-nowhere.
//	    Predicate reads are not judged then.
//	X3  list-append: a read tells also in which order the list was built (traceability, ibid.).
//	    The longest read of a key is its version order, every other read must be a prefix of it,
//	    and an append of a committed transaction that is not in it comes later, for an append
//	    removes nothing. This includes a read that contradicts its own transaction, as one that
//	    finds an append of another behind its own: the list that it returned existed, so it shows
//	    the order too, and it depends on whoever wrote the last element (wr). The same wr follows
//	    from such a read of a register.
//	X4  rw-register: the initial null comes before every write, and what a transaction read of a
//	    key comes before what it wrote to it: were it the other way round, writer and reader would
//	    depend on each other, which is a G1c; so the rule needs no assumption from read-committed
//	    up, and is not used below. Nothing else is inferred for a level without the order of
//	    sessions or of real time. With such an order, versions of a key follow it: if a
//	    transaction wrote or read one version, and one that must come after it wrote or read
//	    another, then the first version is the older. That holds under snapshot isolation and
//	    serializability with that order, and is used for these alone.
//	X5  Dependencies are Adya's (Weak Consistency, 1999, section 3; Adya, Liskov and O'Neil,
//	    Generalized Isolation Level Definitions, ICDE 2000, section 4.4): ww, T2 overwrote or
//	    appended to what T1 wrote; wr, T2 read what T1 wrote; rw, T2 overwrote what T1 read.
//	    Beside them stand process, T2 followed T1 in the same session, and realtime, T1 ended
//	    before T2 began; where times tie, the order of the events decides. A dependency is only
//	    ever drawn if it exists, or a path of stronger ones, in every execution that explains the
//	    history. So a cycle is a proof.
//	X6  A level is ruled out if the history has a phenomenon that the level proscribes:
//
//	    read-uncommitted       PL-1: no cycle of ww (G0)
//	    read-committed         PL-2: also no aborted read (G1a), intermediate read (G1b), cycle of ww and wr (G1c)
//	    consistent-view        PL-2+: also no cycle with one rw (G-single); without sessions the same as parallel
//	                           snapshot isolation
//	    snapshot-isolation     no cycle in which no two rw follow each other (G-single, G-nonadjacent; a long fork is one). It
//	                           is the snapshot isolation whose snapshots may be old, for a client sees no other (Cerone
//	                           and Gotsman, Analysing Snapshot Isolation, PODC 2016, theorem 10)
//	    repeatable-read        PL-2.99: no cycle of ww, wr and rw (G2-item), unless it goes through a predicate
//	    serializable           PL-3: no cycle of ww, wr and rw at all (G2)
//	    strong-session-…       the same, with process among the dependencies (G0-process and so on)
//	    causal                 no cycle of ww, wr and process, nor one of wr, process and one rw (X15);
//	                           this is causal consistency as it is defined of transactions (Cerone,
//	                           Bernardi and Gotsman, CONCUR 2015; Elle's causal-cerone), between
//	                           strong-session read-committed and snapshot isolation
//	    strong-…, strict-serializable  the same, with realtime among them (G0-realtime and so on)
//
//	    [Levels] lists them, [RulesOut] says which anomaly rules out which. Where all reads are of
//	    named keys, repeatable-read and serializable are equivalent: every G2 is a G2-item, for
//	    a read by name misses no phantom. X12 is about reads that do not name a key.
//	X7  Further anomalies are seen without a graph: internal, a transaction disagrees with itself;
//	    future-read, it read what it wrote later, a G1c of one; dirty-update, a committed append
//	    onto an aborted one; incompatible-order, two reads of a key are not prefixes of one list,
//	    or a list is not in the order in which one transaction appended; duplicate-elements;
//	    value-from-nowhere; lost-update, two transactions read the same version and both wrote the
//	    key, a G-single in whichever order they did; cyclic-versions, the versions of a register
//	    come before each other.
//	X8  What is named once is not named again. A strongly connected component is named by its
//	    worst anomaly, dependencies that belong to a lost-update or to cyclic-versions make no
//	    cycle besides, and an anomaly of sessions or of real time is looked for only where the
//	    level that it rules out still stands without it, or where two transactions show it and
//	    what was named takes more than four.
//	X9  Finding nothing proves something too. Read-uncommitted and read-committed, with sessions
//	    or real time as well, hold unless an anomaly rules them out, whatever other anomalies
//	    there are. They forbid cycles of ww and wr alone, and an order of transactions that
//	    respects the known ones exists if these have no cycle; what is not known of the versions
//	    of each key can be taken to follow that order. The exception is read-uncommitted where
//	    reads of a list contradict each other or the order of one transaction's appends. Then the
//	    ww edges are unknown and the level is left open, unless at most one transaction wrote each
//	    such key. For list-append without anomaly seen directly (X7) every level but
//	    snapshot-isolation, consistent-view and those with sessions or real time upon them holds
//	    if it is not ruled out: an order of transactions that respects all known dependencies also
//	    orders what nobody read. Snapshot isolation and consistent-view are proved where at most
//	    one committed append of each key was never read. For rw-register every level is proved
//	    where each write to a key but at most one was made by a transaction that had read the key,
//	    so that versions are a chain. What else holds X13 shows, and what does not. Levels that
//	    are neither ruled out nor proved are in Stats "undecided-levels", and a verdict on one of
//	    them is unknown: valid is said of what is proved alone. (Of the bank X10 says what its
//	    verdict means.)
//	X10 bank: transfers move money, so every read has the same total, no balance is negative, and
//	    accounts neither appear nor vanish. A wrong total is half a transfer or a lost one, which
//	    is a G-single or worse; so is a negative balance, because a transfer that the balance does
//	    not cover changes nothing. Such a transfer is ok with false; it is a covered-transfer if a
//	    read and the amounts of the other transfers show that the balance was high enough, and a
//	    covered-transfer-realtime if they do so only in real time. Nothing else is checked, and
//	    nothing is ever proved.
//	X11 The work is near-linear: version orders by comparing text, components by Tarjan's
//	    algorithm, real time by a chain of one barrier per completion. The search for a short
//	    cycle is bounded; it decides no verdict except consistent-view, which is undecided if the
//	    search gave up. Keys that predicate reads did not find are never listed, but taken
//	    together (X12).
//	X12 A predicate read reads all keys, and its predicate is to have a value (Adya, Liskov and
//	    O'Neil, section 4.3: its version set has a version of every object). The keys that it
//	    returned are item reads like any other. For every other key of the history its version set
//	    has the initial version. No key loses its value again, so the first writer of the key
//	    changed the matches, and the predicate read is before that transaction by a predicate rw
//	    (section 4.4), and before those that wrote the key later by ww. Levels but repeatable-read
//	    make no difference between that and an rw of an item that was read as initial; G-single
//	    and G-nonadjacent are what they were. But a cycle that would be a G2-item is called G2 if
//	    one of its rw is of a predicate, and repeatable-read has no anti-dependencies of
//	    predicates at all: none of the cycles with one rules it out, nor does a lost-update or an
//	    internal that rests on what was not found. That takes PL-2.99 as the locking does that it
//	    is named for, long locks on items and short ones on predicates; a cycle with rw of both
//	    sorts is possible there. What rests on reads by name alone rules out as much as without
//	    predicate reads. The edges are drawn over a tree of junctions, n reads that found s keys
//	    of m in all in O((n + s) log m).
//	X13 Where a history without anomaly of its own kind leaves open in which order a key was
//	    written, either of two writers was the first, and who read what that one wrote comes
//	    before the second (Papadimitriou's polygraphs, 1979). If one way round closes a cycle that
//	    the level proscribes, the other holds in every execution that has the level; if both do,
//	    there is no such execution: the level is ruled out, by the anomaly that is the mildest of
//	    such cycles, and the evidence says step by step which orders were inferred and why. Where
//	    all orders are settled without a cycle they prove the level. What remains open is taken to
//	    have been in the order of time, and where that cannot be is supposed one way and the
//	    other. So every level from consistent-view up is decided of a small history; for one of
//	    many thousand transactions it may be left open, because the order is then known only
//	    within a window. A serial order of all transactions, in which each reads what it finds,
//	    proves serializability at any length: it is looked for first, among the orders that
//	    respect what was inferred, by trying within bounds what is left, and the order that is
//	    found is gone through once more by itself.
//	X14 [Online] accuses only of what Check finds in the events so far, and of what rules out the
//	    level however the history goes on. It draws dependencies as transactions end, into an
//	    order that is kept topological (Pearce and Kelly, 2006): for lists, each time a read shows
//	    more of the order than any before; for real time, by the barriers of X11. It notices
//	    anomalies that need no graph at once. Nothing is proved online. A client may write a value
//	    again whose write failed. In real time the second write begins after everyone who read the
//	    value until then has ended, so that these reads saw what aborted. Where nothing depends on
//	    time they may have seen the second write. There a write counts only once its transaction
//	    has ended ok or info, and a read of a value that is not known to be written accuses
//	    nobody. For lists, Online notices what Check would at the same event, with these
//	    exceptions: predicate reads; the inferences of X13; cycles with an rw at consistent-view
//	    and causal; where nothing depends on time, values whose writer failed, has not ended or is
//	    unknown; at read-uncommitted, what follows reads that contradict each other. For registers
//	    it knows the versions of which X4 speaks without an order, and in real time what is older
//	    than the newest. The rest is judged at the end. It gives up where a value is written
//	    again, or null. Below read-committed it gives up where a value is written again that
//	    failed, and where nothing depends on time it does not accuse a list that holds a value
//	    twice.
//	X15 Causal consistency: a transaction sees those from which it read, those before it in its
//	    session, and all that these see, and of each key reads the version of the last that it
//	    sees, in one order of all transactions that respects this. What a transaction read is then
//	    at least as new as each version whose writer it sees. So each such writer comes before the
//	    one whose version was read, and the level holds if and only if these orders have no cycle
//	    together with wr, process and the ww of lists (Biswas and Enea, OOPSLA 2019): an order
//	    that respects them all is the order asked for. That is decided in O(n k) for n
//	    transactions of k sessions, and exact. Where it cannot be, the cycle is a G-single of wr,
//	    process and one rw if the version that was read is known to be the older, and else
//	    CyclicCF, the name that Bouajjani and others (On Verifying Causal Consistency, POPL 2017)
//	    give a cycle of such orders. A read of a list below own appends sees the writer of the
//	    last element below them.
//	X16 Each write of a value that was written to a key more than once is a write of its own. If
//	    nobody read the value nothing is ambiguous. A read of it saw one of these writes, and an
//	    execution decides which: a level holds if and only if it does for some way to say so of
//	    every such read. Without these reads a history asks less of an execution, so that what is
//	    ruled out then is ruled out. The ways are searched, one read after the other, and left
//	    where what was said so far rules out all that is not proved; within bounds, beyond which
//	    levels that are neither ruled out nor proved are unknown, cause ambiguous. Null that was
//	    written is such a value, like the initial one; together with predicate reads, for which a
//	    key without a value is absent, it is ambiguous. A write that failed is taken for no
//	    further write: who read it read what aborted, which is a G1a whatever else was written.
//	    Only below read-committed, where that is allowed, reads of a list are told apart by it as
//	    well.
package txn
