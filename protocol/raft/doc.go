// Package raft implements Raft as a pure core. It follows Ongaro and Ousterhout, "In Search of an
// Understandable Consensus Algorithm" (extended version, 2014; cited by section), and the
// additions in Ongaro's thesis "Consensus: Bridging Theory and Practice" (cited as such).
//
// Every simulated run checks these invariants after each step. R1 to R5 are Figure 3 of the paper:
//
//	R1  Election Safety: a term has at most one leader, for whom a majority has voted.
//	R2  Leader Append-Only: a leader neither changes nor deletes an entry of its log.
//	R3  Log Matching: two logs with an entry of the same index and term are the same up to it.
//	R4  Leader Completeness: a committed entry is in the log of every later leader, and no node
//	    that knows it to be committed ever replaces it.
//	R5  State Machine Safety: no two nodes apply different entries at one index; each applies them
//	    in order, each once.
//	R6  A node's term never falls, and it votes at most once a term; any term or vote it has told
//	    others survives a restart (§5.1, §5.2).
//	R7  A node's commit index never falls nor passes the end of its log; committed entries are
//	    applied at once (§5.3).
//	R8  Snapshots of one index are the same everywhere, and cover committed entries only (§7).
//	R9  What a leader believes a follower's disk to hold, it holds and keeps (§5.3); and a
//	    follower has not answered a heartbeat that this leader did not send.
//	R10 A majority of the members holds what a leader commits, and its last entry is of the
//	    leader's term (§5.4.2, §6).
//	R11 A leader changes the configuration only when the one before it and an entry of its own
//	    term are committed (thesis §4.1; raft-dev, 2015-07-10).
//	R12 No node applies an entry before a leader has committed it (§5.3).
//
// Choices that the paper leaves open, and departures from it:
//
// Membership changes one node at a time, without joint consensus. Any majority of the old members
// then meets any majority of the new ones, so there is no joint configuration to elect under, to
// recover, or to get wrong. A change of several nodes is a sequence of such steps. The method has
// one known flaw, which is avoided here: a leader changes nothing before an entry of its own term
// is committed (raft-dev, 2015-07-10). A new node catches up before it counts (thesis §4.2.1).
//
// The commit index is not persisted; a restarted node learns it when the next leader commits an
// entry. A leader counts an entry as on its own disk when it writes it, because no later message
// leaves the node before the entry is durable (protocol.P2). Entries are applied in the Step that
// commits them, so a read at the commit index never waits.
//
// A node that hears a leader refuses votes for the shortest election timeout (thesis §4.2.3),
// unless the leader itself asked for the election. A node that has just restarted does the same,
// because it may have forgotten a leader that relies on it. A lease lasts three quarters of that
// time. Once a transfer has started, the leader gives up its lease for the rest of the term. The
// lease is counted in ticks: after a pause, a host must deliver the ticks that passed before any
// other input.
//
// A leader that does not know how far a follower's log matches probes with empty messages, and
// sends entries only after it knows. A snapshot drops every entry it covers, even those that slow
// followers lack. Instead, a leader delays its next snapshot while a follower is still fetching
// the last one.
//
// The paper's claims and the tests for each; testdata holds the longer stories:
//
//	§5.1  a higher term makes a follower; a stale one is refused   TestHigherTermMakesAFollower, TestStaleTermIsRefused
//	§5.2  nodes start as followers                                 TestNodesStartAsFollowers
//	§5.2  leaders send heartbeats, which hold off elections        TestLeaderSendsHeartbeats, TestHeartbeatHoldsOffElection
//	§5.2  without a leader a follower campaigns, at a random time  TestFollowerCampaignsWhenItHearsNothing,
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
