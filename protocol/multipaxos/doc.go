// Package multipaxos is Multi-Paxos as a pure core: Lamport, "Paxos Made Simple" (2001; cited by section), chiefly its
// §3, with what Chandra, Griesemer and Redstone, "Paxos Made Live" (2007; PML), and van Renesse and Altinbuken, "Paxos
// Made Moderately Complex" (2015; PMMC), say of making a system of it, and Lamport, Malkhi and Zhou, "Reconfiguring a State
// Machine" (2010; RSM), of changing its members.
//
// What every run keeps, and every simulated run checks after each step:
//
//	M1  A ballot is begun once: no two proposers share one, and a restarted node uses none again (§2.5).
//	M2  In one slot and ballot at most one value is proposed (§2.2).
//	M3  An acceptor's promise never falls, it accepts nothing below it, and it never forgets a promise or an acceptance that
//	    anyone has heard of, restarts and snapshots included (§2.2 P1a, §2.5).
//	M4  Whoever proposes in a slot has the promises of a majority of those who decide it (§2.2, §3).
//	M5  After a value is chosen in a slot, whatever is accepted there in a higher ballot is that value (§2.2 P2a, P2b).
//	M6  No two nodes learn different values of a slot; each applies them in order, each once, as soon as it has learned them.
//	M7  A value that is taken for chosen has been accepted in one ballot by a majority of those who decide its slot (§2.3).
//	M8  Snapshots of one slot are the same everywhere (PML §5.5).
//	M9  Everyone who knows what is chosen up to slot i-α, and no earlier, knows who decides slot i (§3, RSM).
//	M10 Nobody proposes in a slot without knowing who decides it (§3).
//
// Choices that the papers leave open, and departures from them:
//
// Every member is acceptor, learner and possible proposer at once. The distinguished proposer is whoever leads the
// highest ballot; it says so in heartbeats, others send clients to it. A ballot is (round, node), and the round is on
// disk before anybody hears of it.
//
// A proposer asks its own acceptor last, when a majority lacks nothing but it. One that nobody follows, because it was
// paused or cut off, has then promised nothing that would make it refuse the leader's next heartbeat.
//
// A promise reports what was accepted above what its sender knows to be chosen, and how far that goes; a proposer that
// knows less learns those slots before it begins phase 2. So what is chosen is never decided again, and may be gone
// from the logs.
//
// Phase 2 has one message a slot, without waiting for earlier slots, at most a window of them (α in §3). The leader
// counts its own acceptor at once (protocol.P2 keeps the order). It takes slots as chosen in order, though they may be
// accepted in any.
//
// Learners hear from the leader how far slots are chosen. They know the value if they have accepted it in the leader's
// very ballot, and otherwise ask for it, from anyone who knows; one whose slots are gone is sent a snapshot, in one
// message. How far a node knows slots to be chosen is written along with what it accepts next.
//
// An acceptor that hears a leader, and one that has just restarted, promises nothing for election-ticks (the master
// lease, PML §5.2), unless that leader asked another to take over. Under reads=lease a leader trusts half of that
// time, so clocks may differ by a factor of two. It is counted in ticks: a host must deliver the ticks that passed
// while a node was paused before anything else. No other kind of read relies on it.
//
// Membership changes as §3 has it: the configuration is part of the replicated state, and what is chosen in slot i decides
// who are the acceptors of slot i+α, α being the window. It takes no agreement beside the log, and its rule is a comparison of
// slots. A change is relative, one node in or out, so that two that were proposed by rivals both take place. Majorities of two configurations need not
// meet. Instead a leader opens no slot of the next configuration before all of the present one's are chosen, for which it
// fills the window with no-ops, and before it has the promises of a majority of the next one, from that slot on and in the
// ballot that it has, in which it has proposed nothing there. So all that is open at one time is decided by the same
// members, and reads and the lease count these. A leader that is not among them hands over.
//
// A node that is added catches up to within a window before that is proposed. One that was removed begins no ballot; if it
// has missed its removal, acceptors answer its Prepare with what it has missed. It still promises and accepts, for
// proposers that know even less.
//
// With changes, whoever is followed in one configuration may have no majority in the next. So under reads=lease an acceptor
// that stands by a leader does not hear a higher ballot's either: it could not tell whether the lease was given up.
//
// A node with a wiped disk is not kept from voting (PML §5.1): an acceptor that forgets is outside the model of Paxos.
//
// What the papers claim and which test holds us to it; testdata tells the longer stories:
//
//	§2.2  a promise is given to a higher ballot only, and reports   TestPromiseIsGivenToAHigherBallotOnly,
//	      what was accepted                                         TestPromiseReportsWhatWasAccepted,
//	                                                                TestPromiseLeavesOutWhatIsChosen
//	§2.2  P1a: an acceptor accepts unless it has promised more      TestAcceptorAcceptsUnlessItHasPromisedMore
//	§2.2  phase 2 needs promises of a majority, in its ballot       TestPhase2NeedsPromisesOfAMajority,
//	                                                                TestPromiseOfAnotherBallotDoesNotCount
//	§2.2  P2c: the value of the highest ballot is proposed          TestValueOfTheHighestBallotIsProposed
//	§2.2  P2: what is chosen stays                                  TestChosenSlotIsNotAcceptedAnew
//	§2.3  a value is chosen by a majority in one ballot             TestValueIsChosenByAMajority
//	§2.4  time-outs are random; who goes on succeeds                TestProposerBeginsAfterATimeThatIsDrawn,
//	                                                                TestLeaderRepeatsWhatIsNotAccepted
//	§2.5  what must be on disk first; numbers are not used twice    TestPromiseIsWrittenBeforeItIsGiven,
//	                                                                TestValueIsWrittenBeforeItIsAccepted,
//	                                                                TestProposerWritesItsRoundAndNoPromise
//	§2.2  a refusal ends a ballot                                   TestRefusalEndsABallot, TestDeposedLeaderAnswersAtOnce
//	§3    gaps are filled with no-ops                               TestGapsAreFilledWithNoOps
//	§3    commands are executed in order, α slots ahead             TestSlotsAreAnsweredInOrder, TestWindowBoundsOpenSlots,
//	                                                                TestAcceptorTakesNoPartInSlotsFarAhead
//	§3    reads see what was chosen before them                     TestReadIsConfirmedByAMajority,
//	                                                                TestReadThroughTheLogIsAnsweredInItsPlace
//	§3    the configuration of slot i+α is chosen up to slot i      TestChangeIsDecidedLikeACommandAndTakesEffectAWindowLater,
//	                                                                TestLeaderOpensNoSlotThatOthersDecide,
//	                                                                TestChangesOfBothLeadersTakePlace, TestOneChangeAtATime,
//	                                                                TestConfigurationSurvivesARestart
//	§2.2, §2.3 in every configuration anew                          TestNewMembersArePreparedBeforeTheyDecide,
//	                                                                TestAcceptancesOfFormerMembersDoNotCount
//	RSM   who joins catches up, who leaves makes way                TestNewNodeCatchesUpFirst, TestRemovedLeaderHandsOver,
//	                                                                TestRemovedNodeIsTaughtInsteadOfPromised
//	PML §5.2  the master lease                                      TestAcceptorStandsByALeaderThatItHears,
//	                                                                TestHigherBallotIsNotHeardWhileALeaseIsGranted,
//	                                                                TestLeaseEndsBeforeAcceptorsForget,
//	                                                                TestLeaderWithoutAMajorityStepsDown
//	PML §5.5  snapshots and catching up                             TestSnapshotKeepsWhatWasAcceptedAfterIt,
//	                                                                TestRestartRemembersWhatIsChosen
package multipaxos
