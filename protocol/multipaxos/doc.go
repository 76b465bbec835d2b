// Package multipaxos implements Multi-Paxos as a pure core. It follows Lamport, "Paxos Made
// Simple" (2001; cited by section), chiefly §3. For building a system of it, it follows Chandra,
// Griesemer and Redstone, "Paxos Made Live" (2007; PML), and van Renesse and Altinbuken, "Paxos
// Made Moderately Complex" (2015; PMMC); for changing members, Lamport, Malkhi and Zhou,
// "Reconfiguring a State Machine" (2010; RSM).
//
// Every simulated run checks these invariants after each step:
//
//	M1  A ballot is begun once: no two proposers share one, and a restarted node never reuses one
//	    (§2.5).
//	M2  In one slot and ballot at most one value is proposed (§2.2).
//	M3  An acceptor's promise never falls, and it accepts nothing below it. It never forgets a
//	    promise or an acceptance that anyone has heard of, not even in a restart or a snapshot
//	    (§2.2 P1a, §2.5).
//	M4  A proposer in a slot has promises from a majority of the members that decide it (§2.2,
//	    §3).
//	M5  After a value is chosen in a slot, only that value is accepted there in a higher ballot
//	    (§2.2 P2a, P2b).
//	M6  No two nodes learn different values of a slot. Each applies them in order, each once, as
//	    soon as it learns them.
//	M7  A value taken as chosen was accepted in one ballot by a majority of the members that
//	    decide its slot (§2.3).
//	M8  Snapshots of one slot are the same everywhere (PML §5.5).
//	M9  A node knows which members decide slot i exactly when it knows what is chosen up to slot
//	    i-α (§3, RSM).
//	M10 Nobody proposes in a slot without knowing which members decide it (§3).
//
// Choices that the papers leave open, and departures from them:
//
// Every member is an acceptor, a learner and a possible proposer. The distinguished proposer leads
// the highest ballot. It announces itself in heartbeats, and other nodes redirect clients to it. A
// ballot is (round, node), and the round is on disk before anybody hears of it.
//
// A proposer asks its own acceptor last, when that is all a majority lacks. A proposer that nobody
// follows, because it was paused or cut off, has therefore promised nothing that would make it
// refuse the leader's next heartbeat.
//
// A promise reports what was accepted above the slots that its sender knows to be chosen, and how
// far those go. A proposer that knows less learns those slots before it starts phase 2. So chosen
// slots are never decided again, and their entries can be dropped from the logs.
//
// Phase 2 sends one message per slot without waiting for earlier slots, with at most a window of
// them open (α in §3). The leader counts its own acceptor at once (protocol.P2 keeps the order).
// It treats slots as chosen in order, although they can be accepted in any order.
//
// The leader tells learners how far slots are chosen. A learner knows the value if it has accepted
// it in the leader's current ballot. Otherwise it asks a node that knows. If the slots are gone
// there, it receives a snapshot, in one message. A node records how far it knows slots to be
// chosen together with its next acceptance.
//
// An acceptor that hears a leader, or has just restarted, promises nothing for election-ticks (the
// master lease, PML §5.2), unless that leader asked another node to take over. Under reads=lease a
// leader relies on half of that time, so clocks can differ by a factor of two. The lease is
// counted in ticks: after a pause, a host must deliver the ticks that passed before any other
// input. No other kind of read relies on the lease.
//
// Membership changes follow §3: the configuration is part of the replicated state, and what is
// chosen in slot i decides the acceptors of slot i+α, where α is the window. This needs no
// agreement outside the log, and the rule is a comparison of slots. A change is relative (one node
// in or out), so two changes proposed by rivals both take effect.
//
// Majorities of two configurations need not meet. Instead, a leader opens a slot of the next
// configuration only under two conditions. First, all slots of the present configuration are
// chosen; the leader fills the window with no-ops to get there. Second, it has promises from a
// majority of the next configuration, from that slot on, in its current ballot, in which it has
// proposed nothing there. So all slots open at one time are decided by the same members, and reads
// and the lease count those. A leader that is not among them hands over.
//
// A new node catches up to within a window before its addition is proposed. A removed node begins
// no ballot; if it has missed its removal, acceptors answer its Prepare with what it missed. It
// still promises and accepts, for proposers that know even less.
//
// With membership changes, a leader followed in one configuration may have no majority in the
// next. So under reads=lease, an acceptor that stands by a leader ignores the messages of a higher
// ballot's leader too: it cannot tell whether the lease was given up.
//
// A node with a wiped disk can still vote (PML §5.1 would prevent it): an acceptor that forgets is
// outside the model of Paxos.
//
// The papers' claims and the tests for each; testdata holds the longer stories:
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
