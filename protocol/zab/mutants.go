package zab

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set, and each is checked in one place.
type bugs struct {
	votesNotOrdered, votesByName, historyIgnored, epochReused, epochsNotPersisted                    bool
	epochBeforeTxns, newLeaderUnsynced, newLeaderIncomplete, diffInMemory, diffOfCommittedOnly       bool
	truncToSnapshot, truncAnyTime, gapUnnoticed, recoverySkipped, establishedAtOnce, minorityCommits bool
	proposalUnsynced, leaderUnsynced, commitsOnProposal, answersBeforeCommit, snapshotWithoutEpochs  bool
	syncUnconfirmed, syncNotAwaited, rejectsWhatItWrote, forwardRejected, requestRepeated            bool
}

// mutants are modelled on shipped bugs where a source is named. The class says how a bug shows
// under
// all faults, with reads=sync and sessions that recognise repeated commands. The internal ones lose
// a
// client's data only if a crash hits the right moment.
var mutants = []protocol.Planted[bugs]{
	{Mutant: protocol.Mutant{
		Name: "zab/votes-not-ordered", Class: protocol.Liveness,
		Doc:    "Votes for equal histories are not ordered: every node keeps its own vote, and none is elected.",
		Source: "class of ZOOKEEPER-1419",
	}, Set: func(b *bugs) { b.votesNotOrdered = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/votes-by-name", Class: protocol.Liveness,
		Doc: "The election prefers the greatest name, whatever its history; discovery refuses that leader again " +
			"and again.",
		Source: "synthetic",
	}, Set: func(b *bugs) { b.votesByName = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/history-ignored", Class: protocol.ClientVisible,
		Doc:    "Neither the election nor discovery looks for the most recent history.",
		Source: "class of redpanda-data/redpanda#5090",
	}, Set: func(b *bugs) { b.historyIgnored = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/epoch-reused", Class: protocol.ClientVisible,
		Doc: "A prospective leader proposes the latest accepted epoch again instead of the next, so zxids are " +
			"reused.",
		Source: "synthetic (step l.1.1: the rule broken)",
	}, Set: func(b *bugs) { b.epochReused = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/epochs-not-persisted", Class: protocol.ClientVisible,
		Doc:    "Neither the accepted nor the current epoch is written to disk, except in snapshots.",
		Source: "class of ZOOKEEPER-335",
	}, Set: func(b *bugs) { b.epochsNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/epoch-before-txns", Class: protocol.Internal,
		Doc:    "A follower enters the new epoch before it has the transactions that come with it.",
		Source: "ZOOKEEPER-4643; apache/zookeeper PR#2028",
	}, Set: func(b *bugs) { b.epochBeforeTxns = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/newleader-unsynced", Class: protocol.Internal,
		Doc:    "A follower acknowledges NEWLEADER before the transactions of the synchronisation are on its disk.",
		Source: "ZOOKEEPER-3911; apache/zookeeper PR#1445",
	}, Set: func(b *bugs) { b.newLeaderUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/newleader-incomplete", Class: protocol.Internal,
		Doc:    "A follower acknowledges NEWLEADER although it has missed some of the transactions before it.",
		Source: "synthetic (step f.2.2: the rule broken)",
	}, Set: func(b *bugs) { b.newLeaderIncomplete = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/diff-in-memory", Class: protocol.Internal,
		Doc:    "The transactions of a DIFF are written only at UPTODATE, after NEWLEADER was acknowledged.",
		Source: "ZOOKEEPER-4646; ZOOKEEPER-4685; apache/zookeeper PR#1993",
	}, Set: func(b *bugs) { b.diffInMemory = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/diff-of-committed-only", Class: protocol.Internal,
		Doc: "A new leader sends only the part of its history that it knows to be committed, and counts on all " +
			"of it.",
		Source: "class of ZOOKEEPER-3911",
	}, Set: func(b *bugs) { b.diffOfCommittedOnly = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/trunc-to-snapshot", Class: protocol.Internal,
		Doc: "A follower ahead of the latest snapshot is told to truncate to it, although later transactions are " +
			"committed.",
		Source: "ZOOKEEPER-3526",
	}, Set: func(b *bugs) { b.truncToSnapshot = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/trunc-any-time", Class: protocol.Internal,
		Doc:    "A late TRUNC removes what was written since.",
		Source: "class of zhebrak/raftos#26",
	}, Set: func(b *bugs) { b.truncAnyTime = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/gap-unnoticed", Class: protocol.ClientVisible,
		Doc:    "A follower appends the next transaction without checking for lost ones before it.",
		Source: "synthetic (§3.1: the channel's promise broken)",
	}, Set: func(b *bugs) { b.gapUnnoticed = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/recovery-skipped", Class: protocol.ClientVisible,
		Doc:    "A new leader drops what it does not know to be committed instead of committing it.",
		Source: "class of Cjen1/OCons PR#21",
	}, Set: func(b *bugs) { b.recoverySkipped = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/established-at-once", Class: protocol.Internal,
		Doc:    "A leader begins to broadcast, and commits its history, before a quorum has acknowledged NEWLEADER.",
		Source: "synthetic (step l.2.2: the rule broken)",
	}, Set: func(b *bugs) { b.establishedAtOnce = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/minority-commits", Class: protocol.ClientVisible,
		Doc:    "A leader commits with one acknowledgement less than a quorum.",
		Source: "synthetic (class of redpanda PR#17675)",
	}, Set: func(b *bugs) { b.minorityCommits = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/proposal-unsynced", Class: protocol.ClientVisible,
		Doc:    "A follower acknowledges a proposal before it is on its disk.",
		Source: "class of ZooKeeper's forceSync=no; jepsen.io/analyses/nats-2.12.1",
	}, Set: func(b *bugs) { b.proposalUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/leader-unsynced", Class: protocol.ClientVisible,
		Doc:    "A leader sends a proposal, and counts itself, before it is on its own disk.",
		Source: "class of etcd-io/etcd#14370",
	}, Set: func(b *bugs) { b.leaderUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/commits-on-proposal", Class: protocol.ClientVisible,
		Doc:    "A follower applies a proposal as soon as it has written it.",
		Source: "class of MongoDB local reads",
	}, Set: func(b *bugs) { b.commitsOnProposal = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/answers-before-commit", Class: protocol.ClientVisible,
		Doc:    "A leader applies and answers a command as soon as it is in its own history.",
		Source: "class of KIP-101 (KAFKA-1211)",
	}, Set: func(b *bugs) { b.answersBeforeCommit = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/snapshot-without-epochs", Class: protocol.ClientVisible,
		Doc:    "The epochs are lost when the log is shortened: a restart resets them.",
		Source: "ZOOKEEPER-582",
	}, Set: func(b *bugs) { b.snapshotWithoutEpochs = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/sync-unconfirmed", Class: protocol.ClientVisible,
		Doc: "A leader answers reads and syncs without asking a quorum whether it still leads, and is slow to step " +
			"down.",
		Source: "ZOOKEEPER-1675; apache/zookeeper PR#2069",
	}, Set: func(b *bugs) { b.syncUnconfirmed = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/sync-not-awaited", Class: protocol.ClientVisible,
		Doc:    "A follower answers a read when its sync is answered, before it has applied what the sync covers.",
		Source: "class of jmsadair/raft PR#65",
	}, Set: func(b *bugs) { b.syncNotAwaited = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/rejects-what-it-wrote", Class: protocol.ClientVisible,
		Doc:    "A leader that gives up reports that commands in its history certainly had no effect.",
		Source: "class of RedisLabs/redisraft#23",
	}, Set: func(b *bugs) { b.rejectsWhatItWrote = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/forward-rejected", Class: protocol.ClientVisible,
		Doc:    "A follower that loses its leader reports that its forwarded commands certainly had no effect.",
		Source: "class of RedisLabs/redisraft#23",
	}, Set: func(b *bugs) { b.forwardRejected = true }},
	{Mutant: protocol.Mutant{
		Name: "zab/request-repeated", Class: protocol.Internal,
		Doc:    "A leader proposes a forwarded request again whenever it is retransmitted.",
		Source: "class of RedisLabs/redisraft#13",
	}, Set: func(b *bugs) { b.requestRepeated = true }},
}
