package twopc

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set. Each is checked in one place, or in each place
// where
// the same mistake is made.
type bugs struct {
	decisionNotPersisted, decisionUnsynced, voteUnsynced, forgetsParticipant, forgetsBeforeAcks bool
	firstYesIsEnough, majorityIsEnough, silenceIsYes                                            bool
	rollsBackInDoubt, commitsInDoubt, neverAsks, presumesCommit                                 bool
	readLocksReleased, noReadLocks, readsPastLocks, appliesAtPrepare, locksForgotten            bool
	decisionAppliedTwice, latePrepareCounts, refusalForgotten, livesAreOne, rejectsWhatItSent   bool
}

// mutants are modelled on shipped bugs where a source is named. The others omit one requirement of
// the
// books.
var mutants = []protocol.Planted[bugs]{
	{Mutant: protocol.Mutant{
		Name: "twopc/decision-not-persisted", Class: protocol.ClientVisible,
		Doc: "A coordinator announces its decision to commit without writing it: after a restart it presumes a " +
			"rollback.",
		Source: "MartinKalema/horizontal-scaling-convex#101",
	}, Set: func(b *bugs) { b.decisionNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/decision-unsynced", Class: protocol.ClientVisible,
		Doc: "A coordinator announces its decision to commit, and answers its client, before the decision is on " +
			"its disk.",
		Source: "class of etcd --unsafe-no-fsync; BHG §7.4: the decision is forced to the log",
	}, Set: func(b *bugs) { b.decisionUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/vote-unsynced", Class: protocol.ClientVisible,
		Doc: "A participant votes yes before its part is on its disk, and may have forgotten it when the decision " +
			"arrives.",
		Source: "h2database/h2database#2347, a prepared transaction lost; class of " +
			"MartinKalema/horizontal-scaling-convex#101",
	}, Set: func(b *bugs) { b.voteUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/first-yes-is-enough", Class: protocol.ClientVisible,
		Doc:    "A coordinator commits at the first yes, whatever the other participants vote.",
		Source: "BHG §7.3, AC3: the rule broken",
	}, Set: func(b *bugs) { b.firstYesIsEnough = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/majority-is-enough", Class: protocol.ClientVisible,
		Doc: "A coordinator commits when more than half of the participants have voted yes, as if they were " +
			"replicas.",
		Source: "synthetic: two-phase commit mistaken for a quorum protocol",
	}, Set: func(b *bugs) { b.majorityIsEnough = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/silence-is-yes", Class: protocol.ClientVisible,
		Doc:    "A coordinator that times out takes missing votes for yes.",
		Source: "BHG §7.3, AC3: the rule broken; Gray 1978: a time-out is a no",
	}, Set: func(b *bugs) { b.silenceIsYes = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/rolls-back-in-doubt", Class: protocol.ClientVisible,
		Doc:    "A participant that has voted yes and does not hear the decision in time rolls back.",
		Source: "CUBRID/cubrid#7919; heuristic decisions of X/Open XA",
	}, Set: func(b *bugs) { b.rollsBackInDoubt = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/commits-in-doubt", Class: protocol.ClientVisible,
		Doc:    "A participant that has voted yes and does not hear the decision in time commits.",
		Source: "heuristic decisions of X/Open XA",
	}, Set: func(b *bugs) { b.commitsInDoubt = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/presumes-commit", Class: protocol.ClientVisible,
		Doc: "A coordinator answers that a transaction it does not know was committed, and writes no more than " +
			"presumed abort requires.",
		Source: "MLO: presumed commit must write who takes part before it asks them, here it does not",
	}, Set: func(b *bugs) { b.presumesCommit = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/forgets-before-acks", Class: protocol.ClientVisible,
		Doc: "A coordinator forgets a committed transaction after a while, although some have not acknowledged it; " +
			"a participant that asks later hears that it was rolled back.",
		Source: "class of daos-stack/daos#9309; citusdata/citus#1030: records gone while somebody is prepared",
	}, Set: func(b *bugs) { b.forgetsBeforeAcks = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/forgets-a-participant", Class: protocol.ClientVisible,
		Doc: "A restarted coordinator announces its decision to the first participant only, and forgets it when " +
			"that one has acknowledged.",
		Source: "class of mysql-net/MySqlConnector#1348: who was prepared is not told",
	}, Set: func(b *bugs) { b.forgetsParticipant = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/never-asks", Class: protocol.Liveness,
		Doc: "An in-doubt participant never asks, and a restarted coordinator announces no rollback: the keys stay " +
			"locked for ever.",
		Source: "actiontech/dble#1084; greenplum-db/gpdb#10393; postgres-x2/postgres-x2#129: orphaned prepared " +
			"transactions",
	}, Set: func(b *bugs) { b.neverAsks = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/read-locks-released", Class: protocol.ClientVisible,
		Doc: "A participant releases its shared locks once it has voted, so others can write what a transaction has " +
			"read before it commits.",
		Source: "BHG §3.2, two-phase locking: the rule broken; write skew, G2-item of Adya 1999",
	}, Set: func(b *bugs) { b.readLocksReleased = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/no-read-locks", Class: protocol.ClientVisible,
		Doc:    "Reads take no locks and check none.",
		Source: "class of jepsen.io/analyses/voltdb-6-3; WiredTiger's ignore_prepare (WT-6422)",
	}, Set: func(b *bugs) { b.noReadLocks = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/reads-past-locks", Class: protocol.ClientVisible,
		Doc: "A read-only part does not check whether its keys are locked: it misses an acknowledged write that has " +
			"not arrived.",
		Source: "WiredTiger's ignore_prepare (WT-6422); jepsen.io/analyses/voltdb-6-3, stale reads of one partition",
	}, Set: func(b *bugs) { b.readsPastLocks = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/applies-at-prepare", Class: protocol.ClientVisible,
		Doc:    "A participant applies its part when it votes, and a rollback undoes nothing.",
		Source: "aborted read, G1a of Adya 1999; an XA resource in automatic commit",
	}, Set: func(b *bugs) { b.appliesAtPrepare = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/locks-forgotten", Class: protocol.ClientVisible,
		Doc:    "A restarted participant remembers what it has prepared but not the locks.",
		Source: "CUBRID/cubrid#7554",
	}, Set: func(b *bugs) { b.locksForgotten = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/decision-applied-twice", Class: protocol.ClientVisible,
		Doc:    "A participant that receives a commit twice applies its part twice.",
		Source: "synthetic: a decision sent again until it is acknowledged, and not recognised",
	}, Set: func(b *bugs) { b.decisionAppliedTwice = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/late-prepare-counts", Class: protocol.ClientVisible,
		Doc:    "A participant forgets what it has committed: a repeated prepare is voted for and committed again.",
		Source: "class of greenplum-db/gpdb#10393, a prepare that arrives after the end; KIP-890, hanging transactions",
	}, Set: func(b *bugs) { b.latePrepareCounts = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/refusal-forgotten", Class: protocol.Internal,
		Doc: "A participant that could not execute a one-shard transaction forgets that it said so, and executes it " +
			"when asked again. Clients see it only if the question arrives after the next attempt (T1).",
		Source: "synthetic: the message of an attempt that was given up for a new one",
	}, Set: func(b *bugs) { b.refusalForgotten = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/lives-are-one", Class: protocol.ClientVisible,
		Doc: "A restarted coordinator numbers its transactions from the beginning, so messages about old ones are " +
			"taken for new ones.",
		Source: "class of Tencent/phxpaxos#145: numbers used again after a restart",
	}, Set: func(b *bugs) { b.livesAreOne = true }},
	{Mutant: protocol.Mutant{
		Name: "twopc/rejects-what-it-sent", Class: protocol.ClientVisible,
		Doc: "A coordinator that does not hear from the only participant reports that the transaction certainly had " +
			"no effect.",
		Source: "pingcap/tidb#2276; tikv/client-go#2062; CorfuDB/CorfuDB#974",
	}, Set: func(b *bugs) { b.rejectsWhatItSent = true }},
}
