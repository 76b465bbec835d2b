package abd

import "github.com/splitvote/splitvote/protocol"

// bugs are the planted bugs. At most one is set, and each is checked in one place.
type bugs struct {
	readWithoutWriteBack, localClock, localCounter, writeStartsAnew, rejectsWhatItSent bool
	halfIsEnough, countsAnswers, latestAnswerWins                                      bool
	tagChosenTwice, latestWinsTies, firstWinsTies, overwrites                          bool
	unsynced, restartsEmpty, checkpointLosesLatest, livesAreOne, staysSilent           bool
}

// mutants each omit one requirement of the proofs. The source names a system known for the bug, if
// any.
var mutants = []protocol.Planted[bugs]{
	{Mutant: protocol.Mutant{
		Name: "abd/read-without-write-back", Class: protocol.ClientVisible,
		Doc: "A read returns the newest value that it found without writing it back, so a later read may return an " +
			"older one.",
		Source: "Attiya, Bar-Noy, Dolev 1995: the rule broken; Dynamo-style quorum reads without blocking read repair",
	}, Set: func(b *bugs) { b.readWithoutWriteBack = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/local-clock", Class: protocol.ClientVisible,
		Doc:    "A write takes its tag from its node's clock and asks no other node.",
		Source: "Last-write-wins by time stamps: Jepsen on Cassandra (2013), aphyr.com/posts/294",
	}, Set: func(b *bugs) { b.localClock = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/local-counter", Class: protocol.ClientVisible,
		Doc:    "A write takes the tag after its own replica's and asks no other node.",
		Source: "Lynch and Shvartsman 1997: the rule broken; right for a single writer only",
	}, Set: func(b *bugs) { b.localCounter = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/write-starts-anew", Class: protocol.ClientVisible,
		Doc: "A write that is not acknowledged in time starts again with a second tag, above what was written " +
			"meanwhile.",
		Source: "class of curvine#676, rabbitmq/ra#145: a retry that nothing recognises",
	}, Set: func(b *bugs) { b.writeStartsAnew = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/rejects-what-it-sent", Class: protocol.ClientVisible,
		Doc: "A coordinator that gives up reports that the write certainly had no effect, although replicas hold " +
			"it.",
		Source: "class of RedisLabs/redisraft#23",
	}, Set: func(b *bugs) { b.rejectsWhatItSent = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/half-is-enough", Class: protocol.ClientVisible,
		Doc:    "A quorum is half of the members, rounded down, so two quorums need not meet (R + W <= N).",
		Source: "Dynamo-style sloppy quorums (DeCandia et al. 2007, §4.6)",
	}, Set: func(b *bugs) { b.halfIsEnough = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/counts-answers", Class: protocol.ClientVisible,
		Doc:    "A duplicated answer counts twice.",
		Source: "synthetic: answers counted, not answerers",
	}, Set: func(b *bugs) { b.countsAnswers = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/latest-answer-wins", Class: protocol.ClientVisible,
		Doc:    "A coordinator takes the value that it heard last from a majority, not the newest.",
		Source: "synthetic: the maximum forgotten",
	}, Set: func(b *bugs) { b.latestAnswerWins = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/tag-chosen-twice", Class: protocol.ClientVisible,
		Doc:    "Two concurrent writes of one coordinator take the same tag.",
		Source: "synthetic: the multi-writer algorithm with one writer a node taken for granted",
	}, Set: func(b *bugs) { b.tagChosenTwice = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/latest-wins-ties", Class: protocol.ClientVisible,
		Doc:    "A replica resolves tags with equal counters by arrival instead of by the greater name.",
		Source: "class of Jepsen on Cassandra (2013): equal time stamps",
	}, Set: func(b *bugs) { b.latestWinsTies = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/first-wins-ties", Class: protocol.ClientVisible,
		Doc:    "A replica that receives a tag with an equal counter keeps the one that it has.",
		Source: "class of Jepsen on Cassandra (2013): equal time stamps",
	}, Set: func(b *bugs) { b.firstWinsTies = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/overwrites", Class: protocol.ClientVisible,
		Doc:    "A replica stores every value that it receives, even an older one.",
		Source: "synthetic: the comparison forgotten",
	}, Set: func(b *bugs) { b.overwrites = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/unsynced", Class: protocol.ClientVisible,
		Doc:    "A replica acknowledges a value before it is on its disk.",
		Source: "class of jepsen.io/analyses/nats-2.12.1; Cassandra commitlog_sync: periodic",
	}, Set: func(b *bugs) { b.unsynced = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/restarts-empty", Class: protocol.ClientVisible,
		Doc:    "A restarted replica has forgotten what it held, and answers nevertheless.",
		Source: "class of Michael et al. 2017, Recovering Shared Objects Without Stable Storage",
	}, Set: func(b *bugs) { b.restartsEmpty = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/checkpoint-loses-latest", Class: protocol.Internal,
		Doc:    "A checkpoint holds the state before the record that triggered it.",
		Source: "class of NodeDB#162; RedisLabs/redisraft#43",
	}, Set: func(b *bugs) { b.checkpointLosesLatest = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/lives-are-one", Class: protocol.Internal,
		Doc: "A restarted node numbers its operations from the beginning, and takes answers to old ones for answers " +
			"to new ones.",
		Source: "synthetic: request numbers used again after a restart, as RPC transaction numbers were",
	}, Set: func(b *bugs) { b.livesAreOne = true }},
	{Mutant: protocol.Mutant{
		Name: "abd/stays-silent", Class: protocol.Liveness,
		Doc:    "A restarted replica never answers, so in the end no majority does.",
		Source: "synthetic: a recovery that waits for something that never comes",
	}, Set: func(b *bugs) { b.staysSilent = true }},
}
