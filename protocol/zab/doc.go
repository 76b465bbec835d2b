// Package zab is Zab as a pure core: Junqueira, Reed and Serafini, "Zab: High-performance broadcast for primary-backup
// systems" (DSN 2011; cited by section), in the form in which ZooKeeper runs it, "Zab 1.0" (cited as such).
//
// A node looks for a leader, and then follows or leads through three phases: discovery, in which a quorum promises a new
// epoch; synchronisation, in which the leader brings the histories of its followers in line with its own; and broadcast.
// What every run keeps, and every simulated run checks after each step:
//
//	Z1  An epoch is established by one leader at most, for which a quorum has promised it (§4.1).
//	Z2  What a node has promised and what it has entered never falls, and it enters no epoch that it has not promised.
//	Z3  A zxid names one transaction, after one predecessor, wherever it is; in a history zxids grow (§3.1).
//	Z4  An established leader's history holds everything that was ever committed (§3.2: primary integrity).
//	Z5  No two nodes apply different transactions at one place; each applies them in order, each once (§3.2: total order).
//	Z6  What a node has committed never falls nor passes the end of its history, and is never dropped from it.
//	Z7  What a leader commits, a quorum of its followers and itself hold (§4.3).
//	Z8  Snapshots of one place are the same everywhere.
//	Z9  What a leader believes to be on the disk of a follower that has entered its epoch, is there.
//	Z10 A node enters an epoch with the whole of its initial history: what the leader had when it entered (§4.2).
//	Z11 A request becomes one transaction at most.
//	Z12 No client is answered from an earlier state than it was shown before, by whatever node.
//	Z13 No node applies a transaction before a leader has committed it (step f.3.3).
//
// Writes are linearizable. A follower forwards them to its leader and answers when it has itself applied the transaction, so
// that a client reads its own writes where it wrote them. A request that was forwarded, and of which the follower cannot tell
// what became of it, for it has lost its leader, is unknown.
//
// Reads are local unless asked otherwise (option reads=local): any node answers from its own state, which may be behind. An
// answer says as of which zxid it is, and as ZooKeeper's clients do, ours remember the latest: a node that is behind it does
// not answer them. So what a session sees never goes back in time, and all together is sequentially consistent (Hunt, Konar,
// Junqueira and Reed, "ZooKeeper: Wait-free coordination for Internet-scale systems", USENIX ATC 2010, §2.3); it is not
// linearizable. With reads=sync a node first asks its leader how far the history is committed, and the leader asks a quorum
// whether it still leads, which ZooKeeper's does not (ZOOKEEPER-1675); then reads are linearizable too.
//
// Choices that the paper leaves open, and departures from it:
//
// The election is ZooKeeper's fast leader election: a vote is for the greatest (current epoch, last zxid, name), in rounds. The
// protocol's safety does not rest on it: discovery makes sure that the leader's history is the most recent of a quorum. As in
// Zab 1.0 a leader that finds a more recent one gives up; the paper's leader would fetch it.
//
// The paper assumes channels that lose nothing and keep the order. Here messages may be lost, repeated and reordered, so each
// names its channel (a number drawn when the follower connects, and the epoch) and, if it extends a history, the zxid before;
// acknowledgements count for everything up to a zxid; and pings see to it that what is missing is sent again.
//
// With the epoch that it has accepted a node records whom it promised it, so that it can repeat the promise to the same leader
// and give it to no other. Zab 1.0 does not, and a follower that has promised before counts for nobody. A leader whose epoch a
// follower cannot enter, for it has promised that one to another or a later one, begins a new epoch instead of locking it out.
//
// Who is behind what a client has seen refuses its reads, not its connection, for there is none. There are no observers,
// membership is fixed, and leadership is not handed over. Transactions are the clients' commands, not their effects on the
// leader's state, for the Machine is deterministic. Snapshots are not fuzzy: they are of what is committed at one place. What a
// node finds in its history when it starts it does not apply before it knows that to be committed.
//
// What is claimed and which test holds us to it; testdata tells the longer stories:
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
