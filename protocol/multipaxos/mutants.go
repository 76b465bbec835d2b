package multipaxos

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set, and each is checked in one place.
type bugs struct {
	promiseNotPersisted, valueNotPersisted, acceptorUnsynced, ballotReused, roundsTie bool
	lowerBallotAccepted, halfIsAMajority, chosenByOne                                 bool
	promisesIgnored, lowestPromisedValue, promiseMisplaced, openSlotsSkipped          bool
	ballotUnchecked, gapNeverAsked, rejectsWhatItProposed                             bool
	readUnconfirmed, readBeforeRecovery, leaseTooLong                                 bool
	installForgetsAccepted, checkpointForgetsPromise, checkpointForgetsAccepted       bool
	newMembersAtOnce, newMembersNotAsked, windowIgnored, removedNodeStays             bool
	configurationForgotten, snapshotKeepsConfiguration                                bool
}

// mutants are modelled on shipped bugs where a source is named. The class says how a bug shows when
// sessions recognise repeated commands.
var mutants = []protocol.Planted[bugs]{
	{Mutant: protocol.Mutant{
		Name: "multipaxos/promise-not-persisted", Class: protocol.Internal,
		Doc:    "A promise to another node's ballot is not written to disk, so a restart forgets it.",
		Source: "Paxos Made Simple §2.5; MIT 6.824 Paxos notes (2015): np is persistent",
	}, Set: func(b *bugs) { b.promiseNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/value-not-persisted", Class: protocol.ClientVisible,
		Doc:    "An acceptor writes its ballot to disk but not the values that it accepts.",
		Source: "Paxos Made Simple §2.5; MIT 6.824 Paxos notes (2015): na and va are persistent",
	}, Set: func(b *bugs) { b.valueNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/acceptor-unsynced", Class: protocol.ClientVisible,
		Doc:    "An acceptor acknowledges a value before it is on its disk.",
		Source: "class of etcd --unsafe-no-fsync; jepsen.io/analyses/nats-2.12.1",
	}, Set: func(b *bugs) { b.acceptorUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/ballot-reused", Class: protocol.Internal,
		Doc:    "A restarted proposer runs phase 1 again with its old ballot.",
		Source: "Tencent/phxpaxos#145",
	}, Set: func(b *bugs) { b.ballotReused = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/rounds-tie", Class: protocol.Internal,
		Doc:    "Acceptors compare ballots by round only, so two proposers can have the same one.",
		Source: "Paxos Made Simple §2.5: the rule of disjoint numbers broken",
	}, Set: func(b *bugs) { b.roundsTie = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/lower-ballot-accepted", Class: protocol.ClientVisible,
		Doc:    "An acceptor accepts everything, even below its promise.",
		Source: "Paxos Made Simple §2.2 P1a: the rule broken",
	}, Set: func(b *bugs) { b.lowerBallotAccepted = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/half-is-a-majority", Class: protocol.ClientVisible,
		Doc:    "With an even number of members, half of them count as a majority.",
		Source: "synthetic (class of redpanda PR#17675)",
	}, Set: func(b *bugs) { b.halfIsAMajority = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/chosen-by-one", Class: protocol.ClientVisible,
		Doc:    "A value counts as chosen once the first acceptor, the leader's own, has accepted it.",
		Source: "synthetic; Paxos Made Simple §2.3: the rule broken",
	}, Set: func(b *bugs) { b.chosenByOne = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/promises-ignored", Class: protocol.ClientVisible,
		Doc:    "A new leader proposes its own values in slots for which promises report accepted ones.",
		Source: "synthetic; Paxos Made Simple §2.2 P2c: the rule broken",
	}, Set: func(b *bugs) { b.promisesIgnored = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/lowest-promised-value", Class: protocol.Internal,
		Doc:    "A new leader adopts, for each slot, the promised value with the lowest ballot.",
		Source: "MIT 6.824 Paxos notes (2015), line 5: the rule broken",
	}, Set: func(b *bugs) { b.lowestPromisedValue = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/promise-misplaced", Class: protocol.ClientVisible,
		Doc:    "A new leader places the slots of every promise where its own open slots begin.",
		Source: "class of Cjen1/OCons PR#21",
	}, Set: func(b *bugs) { b.promiseMisplaced = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/open-slots-skipped", Class: protocol.Liveness,
		Doc:    "A new leader skips the slots that phase 1 found open and proposes nothing in them.",
		Source: "Cjen1/OCons PR#21; Paxos Made Simple §3: the rule broken",
	}, Set: func(b *bugs) { b.openSlotsSkipped = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/ballot-unchecked", Class: protocol.ClientVisible,
		Doc:    "A learner takes the value that it accepted in any ballot as the one the leader says was chosen.",
		Source: "class of atomix/copycat#265; scylladb/scylladb#9965",
	}, Set: func(b *bugs) { b.ballotUnchecked = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/gap-never-asked", Class: protocol.Liveness,
		Doc:    "A learner that missed a value never asks for it, not even when it is about to lead.",
		Source: "synthetic",
	}, Set: func(b *bugs) { b.gapNeverAsked = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/rejects-what-it-proposed", Class: protocol.ClientVisible,
		Doc:    "A deposed leader reports that commands in open slots certainly had no effect.",
		Source: "RedisLabs/redisraft#23",
	}, Set: func(b *bugs) { b.rejectsWhatItProposed = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/read-unconfirmed", Class: protocol.ClientVisible,
		Doc:    "A leader answers reads from its own state at once.",
		Source: "etcd-io/etcd#741; hashicorp/consul#54",
	}, Set: func(b *bugs) { b.readUnconfirmed = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/read-before-recovery", Class: protocol.ClientVisible,
		Doc:    "A new leader answers reads before the values found in phase 1 are chosen and applied.",
		Source: "class of etcd-io/etcd#7331; tikv/tikv PR#6340, PR#9239",
	}, Set: func(b *bugs) { b.readBeforeRecovery = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/lease-too-long", Class: protocol.ClientVisible,
		Doc:    "A leader trusts its lease for three times as long as acceptors grant it.",
		Source: "Paxos Made Live §5.2: the lease of a master on drifting clocks; hashicorp/consul PR#68",
	}, Set: func(b *bugs) { b.leaseTooLong = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/install-forgets-accepted", Class: protocol.Internal,
		Doc:    "A node that installs a snapshot forgets what it has accepted beyond it.",
		Source: "class of RedisLabs/redisraft#43; NodeDB#162",
	}, Set: func(b *bugs) { b.installForgetsAccepted = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/checkpoint-forgets-promise", Class: protocol.Internal,
		Doc:    "The promise is lost when the log is compacted.",
		Source: "class of bakwc/PySyncObj PR#202",
	}, Set: func(b *bugs) { b.checkpointForgetsPromise = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/checkpoint-forgets-accepted", Class: protocol.Internal,
		Doc:    "Values accepted beyond the snapshot are lost when the log is compacted.",
		Source: "class of RedisLabs/redisraft#43; NodeDB#162",
	}, Set: func(b *bugs) { b.checkpointForgetsAccepted = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/new-members-at-once", Class: protocol.Internal,
		Doc:    "A membership change takes effect as soon as it is chosen, even in slots that are open.",
		Source: "scylladb/scylladb#5251; Derecho-Project/derecho#126, #92",
	}, Set: func(b *bugs) { b.newMembersAtOnce = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/new-members-not-asked", Class: protocol.Internal,
		Doc:    "A leader continues in a new configuration without promises from a majority of it.",
		Source: "synthetic; Paxos Made Simple §2.2, phase 2a: the rule broken",
	}, Set: func(b *bugs) { b.newMembersNotAsked = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/window-ignored", Class: protocol.Internal,
		Doc:    "A leader opens slots before it can know which members decide them.",
		Source: "synthetic; Paxos Made Simple §3, α: the rule broken",
	}, Set: func(b *bugs) { b.windowIgnored = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/removed-node-stays", Class: protocol.Internal,
		Doc:    "A removed node continues as if it were a member, and counts itself.",
		Source: "synthetic",
	}, Set: func(b *bugs) { b.removedNodeStays = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/configuration-forgotten", Class: protocol.Internal,
		Doc:    "A restarted node uses the configuration that it was first started with.",
		Source: "camunda PR#62837; canonical/raft#250",
	}, Set: func(b *bugs) { b.configurationForgotten = true }},
	{Mutant: protocol.Mutant{
		Name: "multipaxos/snapshot-keeps-configuration", Class: protocol.Internal,
		Doc:    "A node that installs a snapshot keeps its old configuration.",
		Source: "openraft#1808; scylladb#9551; d-engine#431",
	}, Set: func(b *bugs) { b.snapshotKeepsConfiguration = true }},
}
