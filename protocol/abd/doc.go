// Package abd is the quorum register as a pure core: Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing
// Systems" (1995; cited as ABD), with many writers as Lynch and Shvartsman have it, "Robust Emulation of Shared Memory Using
// Dynamic Quorum-Acknowledged Broadcasts" (1997; cited as LS).
//
// Every node is a replica of every register, and coordinates what its clients ask. An operation asks a majority what it
// holds, and has a majority store: a write its value under a tag above all that it found, a read the newest value that it
// found. There is no leader, no log and no consensus; as long as a majority answers, every operation ends.
//
// What every run keeps, and every simulated run checks after each step:
//
//	A1  A tag of a key names one write and one value, and no replica holds what nobody wrote.
//	A2  A replica replaces a value only by one of a higher tag.
//	A3  A value that an operation was answered with is held, or a newer one is, by a majority, also after crashes.
//	A4  An operation has a tag no lower than any that was answered before it began, and a write has a higher one. From this
//	    atomicity follows: tags order the operations as clients can believe (Lynch, Distributed Algorithms, Lemma 13.16).
//	A5  A node never begins a life again whose number anybody has heard.
//
// Choices that the papers leave open, and departures from them:
//
// Tags are unique because a coordinator is the first replica of what it writes: the tag is on its disk before anyone hears of
// it (protocol.P2), and the next tag is chosen above what its own replica holds then, not above what it held when the write
// began. So two writes that one node coordinates at a time have two tags, and a restarted node does not choose one again.
//
// Operations are numbered by the node's life, which is on its disk before its first message leaves, and within it. An answer
// to a question of an earlier life was true then and may be false now.
//
// The papers' replicas do not crash and come back. These write what they hold before they say so.
//
// A repeated write is not recognised. The papers' clients do not repeat themselves; one that does, after an answer that it did
// not get, writes twice: w(1), another client's w(2), w(1) again. No memory of sessions at the replicas could help, for two
// coordinators may each find a majority that has not heard of the other's tag. Agreeing on it takes consensus. Hence a write of
// unknown outcome is not sent again (protocol.Protocol.Unrepeatable), and registers have no compare-and-set.
//
// An operation that finds no majority is given up after some ticks. A read had no effect then, nor had a write that only
// asked: rejected. A write that stores may still take effect when someone reads what it left behind: unknown.
//
// With write-back=needed a read that finds a majority in agreement returns without storing: they hold the value already.
// Membership is fixed.
//
// What the papers claim, and which transcript in testdata shows it; TestStorm lets everything happen at once:
//
//	LS   a write asks, then stores          a_write_asks_then_stores, two_writes_of_one_node_have_two_tags
//	ABD  readers write what they return     a_read_writes_back_what_it_returns, unanimous_reads_need_not_write_back
//	LS   ties are broken by name            a_tie_is_broken_by_name
//	ABD  late messages do no harm           an_old_value_replaces_nothing, an_answer_that_comes_twice_counts_once,
//	                                        answers_to_an_earlier_life_do_not_count
//	ABD  a majority is enough, and needed   a_crash_keeps_what_was_acknowledged, a_minority_answers_nothing
package abd
