package twopc

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set, and each is looked at in one place.
type bugs struct {
	decisionNotPersisted, decisionUnsynced, voteUnsynced, forgetsParticipant, forgetsBeforeAcks bool
	firstYesIsEnough, majorityIsEnough, silenceIsYes                                            bool
	rollsBackInDoubt, commitsInDoubt, neverAsks, presumesCommit                                 bool
	readLocksReleased, noReadLocks, readsPastLocks, appliesAtPrepare, locksForgotten            bool
	decisionAppliedTwice, latePrepareCounts, refusalForgotten, livesAreOne, rejectsWhatItSent   bool
}

var mutants = []protocol.Planted[bugs]{}
