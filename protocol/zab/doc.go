// Package zab implements Zab as a pure core. It follows Junqueira, Reed and Serafini, "Zab:
// High-performance broadcast for primary-backup systems" (DSN 2011; cited by section), in the form
// that ZooKeeper runs, "Zab 1.0" (cited as such).
//
// A node looks for a leader, and then follows or leads through three phases. In discovery, a
// quorum promises a new epoch. In synchronisation, the leader brings its followers' histories in
// line with its own. Then comes broadcast. Every simulated run checks these invariants after each
// step:
//
//	Z1  An epoch is established by at most one leader, to which a quorum has promised it (§4.1).
//	Z2  A node's promised and entered epochs never fall, and it enters no epoch that it has not
//	    promised.
//	Z3  A zxid names one transaction with one predecessor, on every node; zxids grow within a
//	    history (§3.1).
//	Z4  An established leader's history holds everything that was ever committed (§3.2: primary
//	    integrity).
//	Z5  No two nodes apply different transactions at one place; each applies them in order, each
//	    once (§3.2: total order).
//	Z6  A node's commit index never falls nor passes the end of its history, and committed
//	    transactions are never dropped.
//	Z7  A quorum of its followers and itself holds what a leader commits (§4.3).
//	Z8  Snapshots of one place are the same everywhere.
//	Z9  What a leader believes to be on the disk of a follower that has entered its epoch is
//	    there.
//	Z10 A node enters an epoch with the whole of its initial history: what the leader had when it
//	    entered (§4.2).
//	Z11 A request becomes at most one transaction.
//	Z12 No client is answered from an earlier state than any node has shown it before.
//	Z13 No node applies a transaction before a leader has committed it (step f.3.3).
//
// Writes are linearizable. A follower forwards them to its leader and answers when it has itself
// applied the transaction, so a client reads its own writes on the node where it wrote them. If a
// follower loses its leader, the requests it forwarded have an unknown outcome.
//
// Reads are local by default (option reads=local): any node answers from its own state, which can
// lag. An answer carries the zxid of its state. Clients remember the latest one, as ZooKeeper's
// do, and a node that lags behind it refuses to answer. So a session never goes back in time, and
// the whole is sequentially consistent (Hunt, Konar, Junqueira and Reed, "ZooKeeper: Wait-free
// coordination for Internet-scale systems", USENIX ATC 2010, §2.3), but not linearizable.
//
// With reads=sync, a node first asks its leader how far the history is committed. The leader asks
// a quorum whether it still leads, which ZooKeeper's leader does not (ZOOKEEPER-1675). Then reads
// are linearizable too.
//
// Choices that the paper leaves open, and departures from it:
//
// The election is ZooKeeper's fast leader election: in each round, nodes vote for the greatest
// (current epoch, last zxid, name). Safety does not depend on it, because discovery ensures that
// the leader's history is the most recent of a quorum. As in Zab 1.0, a leader that finds a more
// recent history gives up; the paper's leader would fetch it.
//
// The paper assumes channels that lose nothing and keep the order. Here messages can be lost,
// repeated and reordered. So each message names its channel (a number drawn when the follower
// connects, and the epoch) and, if it extends a history, the previous zxid. An acknowledgement
// covers everything up to a zxid. Pings detect what is missing, which is then sent again.
//
// A node records the epoch that it has accepted and the leader to which it promised it. So it can
// repeat the promise to the same leader and give it to no other. Zab 1.0 does not record the
// leader, so a follower's repeated promise counts for no leader. If a follower cannot enter a
// leader's epoch, because it has promised that epoch to another leader or promised a later one,
// the leader begins a new epoch and does not lock the follower out.
//
// A lagging node refuses a client's read, where ZooKeeper's refuses the connection, because there
// are no connections here. There are no observers, membership is fixed, and leadership cannot be
// transferred. Transactions are the clients' commands, not their effects on the leader's state,
// because the Machine is deterministic. Snapshots are not fuzzy: they hold what is committed at
// one place. At a start, a node applies its history only as far as it knows it to be committed.
//
// The claims and the tests for each; testdata holds the longer stories:
//
//	§4    a node begins by looking for a leader                     TestNodesStartByLooking
//	FLE   votes are totally ordered, and count in their round       TestVotesAreTotallyOrdered,
//	                                                                TestVotesOfAnEarlierRoundDoNotCount
//	§4.1  a new epoch is later than any that a quorum has accepted  TestNewEpochIsLaterThanAnyAccepted
//	§4.1  a follower promises later epochs only                     TestFollowerPromisesLaterEpochsOnly
//	§4.1  the leader has the most recent history of a quorum        TestLeaderNeedsTheMostRecentHistory
//	§4.2  followers are given what they lack, and drop the rest     TestSynchronisationFitsTheFollower
//	§4.2  a follower enters an epoch with its whole history         TestFollowerEntersWithTheWholeHistory
//	§4.2  a quorum of them commits the initial history              TestInitialHistoryIsCommittedByAQuorum
//	§4.3  a leader proposes in order, and commits by quorum         TestLeaderProposesInOrder, TestQuorumCommits
//	§4.3  followers keep the order                                  TestFollowerKeepsTheOrder
//	§4.3  clients are served in the broadcast phase                 TestOnlyBroadcastServes
//	§3.1  what another channel carries is not heard                 TestOtherChannelsAreNotHeard,
//	                                                                TestNobodyIsHeardBeforeTheFirstTick
//	§4    silence sends a node back to the election                 TestSilenceEndsAnEpoch
//	sync  a read waits for a quorum's word                          TestSyncedReadWaitsForAQuorum
//	§2    a lone node is a quorum                                   TestOneNodeIsAQuorumOfOne
//	      a follower forwards, and answers what it has applied      TestFollowerForwardsWrites
//	      a leader proposes a request once                          TestLeaderProposesARequestOnce
//	      a client never goes back in time                          TestWhoHasSeenMoreIsNotServed
package zab
