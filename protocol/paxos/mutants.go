package paxos

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set, and each is checked in one place.
type bugs struct {
	promiseNotPersisted, valueNotPersisted, restartsEmpty, checkpointForgetsPromises, unsynced bool
	promiseFalls, oneBallot, acceptsBelowPromise, acceptIsNoPromise, acceptNeedsPrepare        bool
	ballotReused, ballotsWithoutNames, ownValueWins, latestValueWins, latePromiseCounts        bool
	staleAcceptedCounts, learnsFromOne, quorumsNeedNotMeet                                     bool
	readsFromPromises, sessionsIgnored, rejectsWhatItSent, staysSilent                         bool
}

// mutants are modelled on shipped bugs where a source is named. The others omit one requirement of
// the
// paper.
var mutants = []protocol.Planted[bugs]{
	{Mutant: protocol.Mutant{
		Name: "paxos/promise-not-persisted", Class: protocol.ClientVisible,
		Doc:    "An acceptor forgets its promises when it crashes.",
		Source: "Paxos Made Simple §2.5: the rule broken; 6.824 notes (2015), np, na, va must persist",
	}, Set: func(b *bugs) { b.promiseNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/value-not-persisted", Class: protocol.ClientVisible,
		Doc:    "An acceptor that accepts a value writes only the ballot to disk.",
		Source: "6.824 notes (2015), np, na, va must persist",
	}, Set: func(b *bugs) { b.valueNotPersisted = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/restarts-empty", Class: protocol.ClientVisible,
		Doc:    "An acceptor whose disk was lost takes part again as if it had never promised anything.",
		Source: "Paxos Made Live (2007) §5.1, disk corruption: such a node must not vote",
	}, Set: func(b *bugs) { b.restartsEmpty = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/checkpoint-forgets-promises", Class: protocol.Internal,
		Doc:    "A checkpoint holds what was accepted but not what was promised.",
		Source: "class of bakwc/PySyncObj PR#202",
	}, Set: func(b *bugs) { b.checkpointForgetsPromises = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/unsynced", Class: protocol.ClientVisible,
		Doc:    "An acceptor acknowledges a value before it is on its disk.",
		Source: "class of etcd --unsafe-no-fsync; jepsen.io/analyses/nats-2.12.1",
	}, Set: func(b *bugs) { b.unsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/promise-falls", Class: protocol.ClientVisible,
		Doc:    "An acceptor promises every ballot, even one below its promise.",
		Source: "Paxos Made Simple, P1a: the rule broken",
	}, Set: func(b *bugs) { b.promiseFalls = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/one-ballot", Class: protocol.ClientVisible,
		Doc:    "An acceptor keeps the promised and the accepted ballot in one variable.",
		Source: "arXiv 1906.10917, of EPaxos and its code",
	}, Set: func(b *bugs) { b.oneBallot = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/accepts-below-promise", Class: protocol.ClientVisible,
		Doc:    "An acceptor accepts without checking its promise.",
		Source: "Paxos Made Simple, P1a: the rule broken",
	}, Set: func(b *bugs) { b.acceptsBelowPromise = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/accept-is-no-promise", Class: protocol.ClientVisible,
		Doc:    "An acceptor that accepts a ballot above its promise does not raise its promise.",
		Source: "synthetic: accepting counts as promising",
	}, Set: func(b *bugs) { b.acceptIsNoPromise = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/accept-needs-prepare", Class: protocol.Internal,
		Doc:    "An acceptor refuses a ballot above its promise because it has not seen the prepare.",
		Source: "luohaha/MyPaxos#19",
	}, Set: func(b *bugs) { b.acceptNeedsPrepare = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/ballot-reused", Class: protocol.ClientVisible,
		Doc:    "A restarted proposer reuses its last ballot, and can propose a different value under it.",
		Source: "Tencent/phxpaxos#145",
	}, Set: func(b *bugs) { b.ballotReused = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/ballots-without-names", Class: protocol.ClientVisible,
		Doc:    "Acceptors compare ballots by round only, so two proposers can share a ballot.",
		Source: "synthetic: Paxos Made Simple §2.5, disjoint sets of numbers",
	}, Set: func(b *bugs) { b.ballotsWithoutNames = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/own-value-wins", Class: protocol.ClientVisible,
		Doc:    "A proposer adopts the value of its own acceptor, whatever the promises say.",
		Source: "synthetic: Paxos Made Simple, P2c: the rule broken",
	}, Set: func(b *bugs) { b.ownValueWins = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/latest-value-wins", Class: protocol.ClientVisible,
		Doc:    "A proposer adopts any accepted value instead of the one with the highest ballot.",
		Source: "6.824 notes (2015), line 5: the rule broken",
	}, Set: func(b *bugs) { b.latestValueWins = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/late-promise-counts", Class: protocol.ClientVisible,
		Doc:    "A promise for an earlier ballot counts for the present one.",
		Source: "class of Students' Guide to Raft (2016): term confusion",
	}, Set: func(b *bugs) { b.latePromiseCounts = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/stale-accepted-counts", Class: protocol.ClientVisible,
		Doc:    "A learner counts acceptors that accepted under different ballots together.",
		Source: "class of Students' Guide to Raft (2016): term confusion",
	}, Set: func(b *bugs) { b.staleAcceptedCounts = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/learns-from-one", Class: protocol.ClientVisible,
		Doc:    "A learner takes a value as chosen once one acceptor has accepted it.",
		Source: "synthetic: Paxos Made Simple §2.3",
	}, Set: func(b *bugs) { b.learnsFromOne = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/quorums-need-not-meet", Class: protocol.ClientVisible,
		Doc:    "One acceptor less than a majority chooses, although only a majority was asked to promise.",
		Source: "class of Flexible Paxos (Howard 2016) configured with Q1 + Q2 <= N",
	}, Set: func(b *bugs) { b.quorumsNeedNotMeet = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/reads-from-promises", Class: protocol.ClientVisible,
		Doc: "A read returns the newest value in the promises, which may not be chosen, and does not finish the " +
			"round.",
		Source: "scylladb/scylladb#6299; CASSANDRA-12126",
	}, Set: func(b *bugs) { b.readsFromPromises = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/sessions-ignored", Class: protocol.ClientVisible,
		Doc: "A proposer that lost to a higher ballot executes its commands again, although they may have been " +
			"chosen.",
		Source: "curvine#676; rabbitmq/ra#145; redisraft#659",
	}, Set: func(b *bugs) { b.sessionsIgnored = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/rejects-what-it-sent", Class: protocol.ClientVisible,
		Doc: "A proposer that gives up reports that a command certainly had no effect, although acceptors have " +
			"accepted it.",
		Source: "class of RedisLabs/redisraft#23",
	}, Set: func(b *bugs) { b.rejectsWhatItSent = true }},
	{Mutant: protocol.Mutant{
		Name: "paxos/stays-silent", Class: protocol.Liveness,
		Doc:    "A restarted acceptor never answers, so in the end no majority does.",
		Source: "Paxos Made Live (2007) §5.1: a recovering node must not vote for a while; here the while does not end",
	}, Set: func(b *bugs) { b.staysSilent = true }},
}
