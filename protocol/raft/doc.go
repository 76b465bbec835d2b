// Package raft is Raft as a pure core: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (extended
// version, 2014; cited by section), with what Ongaro's thesis "Consensus: Bridging Theory and Practice" adds (cited as such).
//
// What every run keeps, and every simulated run checks after each step; R1 to R5 are Figure 3 of the paper:
//
//	R1  Election Safety: a term has at most one leader, for whom a majority has voted.
//	R2  Leader Append-Only: a leader neither changes nor deletes an entry of its log.
//	R3  Log Matching: two logs with an entry of the same index and term are the same up to it.
//	R4  Leader Completeness: a committed entry is in the log of every later leader, and no node that knows it to be
//	    committed ever replaces it.
//	R5  State Machine Safety: no two nodes apply different entries at one index; each applies them in order, each once.
//	R6  A node's term never falls, and it votes at most once a term; what it has told others of either survives a
//	    restart (§5.1, §5.2).
//	R7  A node's commit index never falls nor passes the end of its log; all that is committed is applied at once (§5.3).
//	R8  Snapshots of one index are the same everywhere, and cover committed entries only (§7).
//	R9  What a leader believes a follower's disk to hold, it holds, and goes on holding (§5.3); nor has a follower
//	    answered a heartbeat that this leader did not send.
//	R10 What a leader commits, a majority of the members holds, and the last of it is of its own term (§5.4.2, §6).
//	R11 A leader changes the configuration only when the one before it and an entry of its own term are committed
//	    (thesis §4.1; raft-dev, 2015-07-10).
//	R12 No node applies an entry before a leader has committed it (§5.3).
//
// Choices that the paper leaves open, and departures from it:
//
// Membership changes one node at a time, not by joint consensus. Any majority of the old members then meets any majority of
// the new ones, so there is no third, joint configuration to elect under, to recover, or to get wrong; a change of several
// nodes is a sequence of such steps. Its one trap is closed: a leader changes nothing before an entry of its own term is
// committed (raft-dev, 2015-07-10). A node that is added catches up before it counts (thesis §4.2.1).
//
// The commit index is not persisted; a restarted node learns it from the next leader's first commitment. A leader counts an
// entry as on its own disk when it writes it, because nothing that follows leaves the node before it is there (protocol.P2).
// Entries are applied in the Step that commits them, so a read at the commit index never waits.
//
// A node that hears a leader refuses votes for the shortest election timeout (thesis §4.2.3), unless the leader itself asked
// for the election; so does a node that has just restarted, for it may have forgotten a leader that relies on it. A lease is
// three quarters of that time and given up for the rest of the term once a transfer was begun. It is counted in ticks: a host
// must deliver the ticks that passed while a node was paused before anything else.
//
// A leader that does not know where a follower's log stands probes with empty messages, and sends entries only from there.
// No entries are kept behind a snapshot for followers that are slow; instead a leader puts off its next snapshot while a
// follower is still fetching the last one.
//
// What the paper claims and which test holds us to it; testdata tells the longer stories:
//
//	§5.1  a higher term makes a follower; a stale one is refused   TestHigherTermMakesAFollower, TestStaleTermIsRefused
//	§5.2  nodes start as followers                                 TestNodesStartAsFollowers
//	§5.2  leaders send heartbeats, which hold off elections        TestLeaderSendsHeartbeats, TestHeartbeatHoldsOffElection
//	§5.2  who hears nothing campaigns, after a random time         TestFollowerCampaignsWhenItHearsNothing,
//	                                                               TestElectionTimeoutIsDrawn
//	§5.2  a majority elects; one vote a term, first come           TestMajorityOfVotesElects, TestVoteIsGivenOnceATerm
//	§5.2  a candidate yields to a leader                           TestCandidateYieldsToALeader
//	§5.3  a leader writes, sends, and commits by majority          TestLeaderWritesBeforeItSends, TestMajorityCommits,
//	                                                               TestReplyComesWithCommitment
//	§5.3  earlier entries are committed along                      TestCommitmentCarriesEarlierEntries
//	§5.3  the consistency check, and the repair of logs            TestFollowerChecksThePreviousEntry,
//	                                                               TestFollowerKeepsWhatMatchesAndReplacesWhatConflicts
//	§5.3  commit is the least of leader's commit and last new      TestFollowerCommitsNoMoreThanItKnowsToMatch,
//	                                                               TestCommitIndexDoesNotFall
//	§5.3  leaders retry for ever; messages are idempotent (§5.5)   TestLeaderRetriesForEver,
//	                                                               TestReorderedAcknowledgementsTakeNothingBack
//	§5.4.1  a voter refuses an older log                           TestVoterRefusesAnOlderLog
//	§5.4.2  earlier terms are not committed by counting            TestEntryOfAnEarlierTermIsNotCommittedByCounting
//	§7    snapshots replace the log; they keep what continues it   TestSnapshotReplacesTheLog,
//	                                                               TestSnapshotKeepsOnlyALogThatContinuesIt,
//	                                                               TestOldSnapshotIsIgnored
//	§8    a no-op first; reads need own term and majority          TestLeaderBeginsWithANoOp,
//	                                                               TestReadWaitsForOwnTermAndForAMajority,
//	                                                               TestReadThroughTheLogIsAnsweredInItsPlace
//	thesis §3.10  the successor campaigns at once                  TestSuccessorCampaignsAtOnce
//	thesis §4.1   configurations: in force at once, one at a time  TestConfigurationIsInForceOnceWritten, TestOneChangeAtATime
//	thesis §4.2.3 votes are refused while a leader is heard        TestVotesAreRefusedWhileALeaderIsHeard,
//	                                                               TestRestartedNodeIsQuiet
//	thesis §6.2   a leader without a majority steps down           TestLeaderWithoutAMajorityStepsDown,
//	                                                               TestDeposedLeaderAnswersAtOnce
//	thesis §9.6   a pre-vote changes nothing                       TestPreVoteChangesNothing
package raft
