package raft

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set, and each is checked in one place.
type bugs struct {
	commitOldTerm, commitStopsAtOlderTerm, answersBeforeCommit, commitBeyondMatch, commitFalls    bool
	leaderLocalRead, longLease, readBeforeOwnCommit, readUnconfirmed                              bool
	voteNotPersisted, termNotPersisted, followerUnsynced, leaderUnsynced                          bool
	truncationForgotten, appendAlwaysTruncates, prevZeroAppends, followerNeverApplies             bool
	matchFalls, matchIsLastSent, staleAckCounts, refusalIgnored, rejectsWhatItWrote               bool
	higherVoteCounts, staleVoteCounts, twoVotesATerm, voteByLength, voteWithoutLogCheck           bool
	halfIsAMajority, learnerCounts                                                                bool
	reconfigureBeforeOwnCommit, twoChangesAtOnce, configurationForgotten                          bool
	snapshotKeepsConfiguration, snapshotLowersTerm, snapshotWithoutData, snapshotWithoutHardState bool
	installKeepsLog, chunkOutOfPlace                                                              bool
}

// mutants are modelled on shipped bugs where a source is named. The class says how a bug shows when
// sessions recognise repeated commands.
var mutants = []protocol.Planted[bugs]{
	{Mutant: protocol.Mutant{
		Name: "raft/commit-old-term", Class: protocol.Internal,
		Doc: "A leader commits entries of earlier terms by counting replicas (§5.4.2, Figure 8). Clients lose an " +
			"entry only if the leader fails before its own first entry is committed too (R10).",
		Source: "logcabin/logcabin#44; bakwc/PySyncObj#169",
	}, Set: func(b *bugs) { b.commitOldTerm = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/commit-stops-at-older-term", Class: protocol.Liveness,
		Doc:    "A leader that advances its commit index stops at the first entry of an earlier term.",
		Source: "zhebrak/raftos PR#30",
	}, Set: func(b *bugs) { b.commitStopsAtOlderTerm = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/answers-before-commit", Class: protocol.ClientVisible,
		Doc:    "A leader applies and answers a command as soon as it is in its own log.",
		Source: "class of KIP-101 (KAFKA-1211), KIP-279 (KAFKA-6361)",
	}, Set: func(b *bugs) { b.answersBeforeCommit = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/commit-beyond-match", Class: protocol.ClientVisible,
		Doc:    "A follower commits up to the leader's commit index, even where its log is not known to match.",
		Source: "atomix/copycat#265; scylladb/scylladb#9965; willemt/raft PR#118",
	}, Set: func(b *bugs) { b.commitBeyondMatch = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/commit-falls", Class: protocol.Internal,
		Doc:    "A follower adopts a lower commit index and applies entries again.",
		Source: "bakwc/PySyncObj#166",
	}, Set: func(b *bugs) { b.commitFalls = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/leader-local-read", Class: protocol.ClientVisible,
		Doc:    "A leader answers reads from its own state at once.",
		Source: "etcd-io/etcd#741; hashicorp/consul#54; jgroups-raft#208; xnnyygn/xraft#40",
	}, Set: func(b *bugs) { b.leaderLocalRead = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/long-lease", Class: protocol.ClientVisible,
		Doc:    "A leader trusts a lease of three election timeouts, and stays leader for as long without a majority.",
		Source: "hashicorp/consul PR#68; etcd-io/etcd#20418",
	}, Set: func(b *bugs) { b.longLease = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/read-before-own-commit", Class: protocol.ClientVisible,
		Doc:    "A new leader answers reads before an entry of its own term is committed.",
		Source: "etcd-io/etcd#7331; tikv/tikv PR#6340, PR#9239; RedisLabs/redisraft PR#22",
	}, Set: func(b *bugs) { b.readBeforeOwnCommit = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/read-unconfirmed", Class: protocol.ClientVisible,
		Doc:    "A heartbeat counts as answered once it is sent, for reads and for check-quorum.",
		Source: "d-engine#381",
	}, Set: func(b *bugs) { b.readUnconfirmed = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/vote-not-persisted", Class: protocol.Internal,
		Doc:    "The term is written to disk without the vote.",
		Source: "bakwc/PySyncObj#84, PR#202; tikv/tikv#8381",
	}, Set: func(b *bugs) { b.voteNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/term-not-persisted", Class: protocol.ClientVisible,
		Doc:    "Neither term nor vote is written to disk, except in checkpoints.",
		Source: "bakwc/PySyncObj PR#202",
	}, Set: func(b *bugs) { b.termNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/follower-unsynced", Class: protocol.ClientVisible,
		Doc:    "A follower acknowledges entries before they are on its disk.",
		Source: "etcd --unsafe-no-fsync; jepsen.io/analyses/nats-2.12.1",
	}, Set: func(b *bugs) { b.followerUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/leader-unsynced", Class: protocol.ClientVisible,
		Doc:    "A leader sends entries, and counts itself, before they are on its own disk.",
		Source: "etcd-io/etcd#14370",
	}, Set: func(b *bugs) { b.leaderUnsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/truncation-forgotten", Class: protocol.Internal,
		Doc: "After a restart, entries that a shorter replacement had truncated reappear. Clients see it only with " +
			"five nodes, when a minority of old logs helps elect a leader that lacks a committed entry (R3).",
		Source: "baidu/braft PR#119",
	}, Set: func(b *bugs) { b.truncationForgotten = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/append-always-truncates", Class: protocol.ClientVisible,
		Doc:    "Every append, even a late heartbeat, truncates the log after its previous entry.",
		Source: "zhebrak/raftos#26; databend PR#3914",
	}, Set: func(b *bugs) { b.appendAlwaysTruncates = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/prev-zero-appends", Class: protocol.ClientVisible,
		Doc:    "An append from index 0 that a snapshot already covers is added to the end of the log unchecked.",
		Source: "willemt/raft PR#118; RedisLabs/raft#49, PR#148",
	}, Set: func(b *bugs) { b.prevZeroAppends = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/follower-never-applies", Class: protocol.ClientVisible,
		Doc:    "A follower logs commands and does not apply them, so they are lost when it leads.",
		Source: "RedisLabs/redisraft#14",
	}, Set: func(b *bugs) { b.followerNeverApplies = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/match-falls", Class: protocol.Internal,
		Doc:    "A late acknowledgement lowers the match index that a newer one has raised.",
		Source: "zhebrak/raftos#25; bakwc/PySyncObj#167",
	}, Set: func(b *bugs) { b.matchFalls = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/match-is-last-sent", Class: protocol.ClientVisible,
		Doc:    "An acknowledgement counts for everything sent so far, not for the message that it answers.",
		Source: "Students' Guide to Raft (thesquareplanet.com, 2016): matchIndex = nextIndex - 1",
	}, Set: func(b *bugs) { b.matchIsLastSent = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/stale-ack-counts", Class: protocol.Internal,
		Doc: "A leader counts acknowledgements, of entries and of heartbeats, from a term that it led before. " +
			"Clients see it only if that leader is cut off before newer acknowledgements replace them (R9).",
		Source: "Students' Guide to Raft (thesquareplanet.com, 2016): term confusion",
	}, Set: func(b *bugs) { b.staleAckCounts = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/refusal-ignored", Class: protocol.Liveness,
		Doc: "A leader does not go back when a follower refuses an append, so a follower that has missed an " +
			"entry never catches up.",
		Source: "synthetic",
	}, Set: func(b *bugs) { b.refusalIgnored = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/rejects-what-it-wrote", Class: protocol.ClientVisible,
		Doc:    "A deposed leader reports that commands in its log certainly had no effect.",
		Source: "RedisLabs/redisraft#23",
	}, Set: func(b *bugs) { b.rejectsWhatItWrote = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/higher-vote-counts", Class: protocol.Internal,
		Doc:    "A candidate counts an answer of a higher term as a vote.",
		Source: "databend PR#16175; openraft#1220",
	}, Set: func(b *bugs) { b.higherVoteCounts = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/stale-vote-counts", Class: protocol.Internal,
		Doc:    "A candidate counts votes that it was given in an earlier term.",
		Source: "Students' Guide to Raft (thesquareplanet.com, 2016): term confusion",
	}, Set: func(b *bugs) { b.staleVoteCounts = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/two-votes-a-term", Class: protocol.Internal,
		Doc:    "A voter forgets within a term whom it has voted for.",
		Source: "camunda#1068",
	}, Set: func(b *bugs) { b.twoVotesATerm = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/vote-by-length", Class: protocol.ClientVisible,
		Doc:    "A voter compares logs by length only.",
		Source: "class of openraft#1722",
	}, Set: func(b *bugs) { b.voteByLength = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/vote-without-log-check", Class: protocol.ClientVisible,
		Doc:    "A voter does not check whether the candidate's log is as up-to-date as its own.",
		Source: "redpanda-data/redpanda#5090",
	}, Set: func(b *bugs) { b.voteWithoutLogCheck = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/half-is-a-majority", Class: protocol.ClientVisible,
		Doc:    "With an even number of members, half of them count as a majority.",
		Source: "synthetic (class of redpanda PR#17675)",
	}, Set: func(b *bugs) { b.halfIsAMajority = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/learner-counts", Class: protocol.Internal,
		Doc:    "A node that is still catching up counts towards the majority.",
		Source: "synthetic (class of redpanda PR#17675)",
	}, Set: func(b *bugs) { b.learnerCounts = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/reconfigure-before-own-commit", Class: protocol.Internal,
		Doc: "A leader changes the configuration before an entry of its own term is committed. Majorities can then " +
			"be disjoint only with four or six members, after three leaders in a row (R11).",
		Source: "groups.google.com/g/raft-dev t4xj6dJTP6E (2015-07-10); redpanda PR#17675",
	}, Set: func(b *bugs) { b.reconfigureBeforeOwnCommit = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/two-changes-at-once", Class: protocol.ClientVisible,
		Doc:    "A leader changes the configuration while an earlier change is not committed.",
		Source: "thesis §4.1: the rule broken",
	}, Set: func(b *bugs) { b.twoChangesAtOnce = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/configuration-forgotten", Class: protocol.ClientVisible,
		Doc:    "A restarted node uses the configuration of its snapshot and ignores those in its log.",
		Source: "camunda PR#62837; canonical/raft#250",
	}, Set: func(b *bugs) { b.configurationForgotten = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/snapshot-keeps-configuration", Class: protocol.ClientVisible,
		Doc:    "A node that installs a snapshot keeps its old configuration.",
		Source: "openraft#1808; scylladb#9551; d-engine#431",
	}, Set: func(b *bugs) { b.snapshotKeepsConfiguration = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/snapshot-lowers-term", Class: protocol.Internal,
		Doc:    "A node that installs a snapshot lowers its term to the snapshot's.",
		Source: "willemt/raft PR#118",
	}, Set: func(b *bugs) { b.snapshotLowersTerm = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/snapshot-without-data", Class: protocol.ClientVisible,
		Doc:    "A snapshot's index reaches the disk before its data does.",
		Source: "NodeDB#162; RedisLabs/redisraft#43",
	}, Set: func(b *bugs) { b.snapshotWithoutData = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/snapshot-without-hard-state", Class: protocol.Internal,
		Doc:    "The term and the vote are lost when the log is compacted.",
		Source: "class of bakwc/PySyncObj PR#202",
	}, Set: func(b *bugs) { b.snapshotWithoutHardState = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/install-keeps-log", Class: protocol.Internal,
		Doc: "A node that installs a snapshot keeps later entries that may be another leader's. The next append " +
			"removes them, and none was ever acknowledged, so only the logs disagree (R3).",
		Source: "etcd-io/etcd#10358; hashicorp/raft#697, PR#704",
	}, Set: func(b *bugs) { b.installKeepsLog = true }},
	{Mutant: protocol.Mutant{
		Name: "raft/chunk-out-of-place", Class: protocol.ClientVisible,
		Doc: "A snapshot's chunk is appended after the previous one even if it is a duplicate, and an empty last " +
			"chunk counts as a snapshot.",
		Source: "synthetic",
	}, Set: func(b *bugs) { b.chunkOutOfPlace = true }},
}
