// Package abd implements the quorum register as a pure core. It follows Attiya, Bar-Noy and Dolev,
// "Sharing Memory Robustly in Message-Passing Systems" (1995; cited as ABD). Multiple writers are
// as in Lynch and Shvartsman, "Robust Emulation of Shared Memory Using Dynamic Quorum-Acknowledged
// Broadcasts" (1997; cited as LS).
//
// Every node is a replica of every register and coordinates its clients' operations. An operation
// asks a majority what it holds, and then stores on a majority: a write stores its value under a
// tag above all that it found, a read the newest value that it found. There is no leader, no log
// and no consensus. While a majority answers, every operation ends.
//
// Every simulated run checks these invariants after each step:
//
//	A1  A tag of a key names one write and one value, and no replica holds a value that was not
//	    written.
//	A2  A replica replaces a value only by one of a higher tag.
//	A3  A majority holds every value that was answered, or a newer one, even after crashes.
//	A4  An operation's tag is no lower than any answered before it began, and a write's is higher.
//	    From this atomicity follows: tags order the operations consistently with real time (Lynch,
//	    Distributed Algorithms, Lemma 13.16).
//	A5  A node never reuses the number of a life that any other node has heard of.
//
// Choices that the papers leave open, and departures from them:
//
// Tags are unique because a coordinator is the first replica of what it writes. The tag is on its
// disk before anyone hears of it (protocol.P2), and the next tag is chosen above what its own
// replica holds then, not above what it held when the write began. So two concurrent writes of one
// node have two tags, and a restarted node does not choose a tag again.
//
// Operations are numbered by the node's life, which is on its disk before its first message
// leaves, and within that life. An answer to a question of an earlier life was true then and can
// be false now.
//
// The papers' replicas do not restart after a crash. These write what they hold to disk before
// they report it.
//
// A repeated write is not recognised. The papers' clients do not retry. A client that retries
// after a lost answer writes twice: w(1), another client's w(2), w(1) again. Remembering sessions
// at the replicas would not help, because two coordinators can each find a majority that has not
// heard of the other's tag; agreeing on one requires consensus. Hence a write of unknown outcome
// is not sent again (protocol.Protocol.Unrepeatable), and registers have no compare-and-set.
//
// An operation that finds no majority is given up after some ticks. A read, or a write that had
// only queried, had no effect: rejected. A write in its store phase can still take effect when
// someone reads what it left behind: unknown.
//
// With write-back=needed, a read that finds a majority in agreement returns without storing,
// because they hold the value already. Membership is fixed.
//
// The papers' claims and the transcripts in testdata that show them; TestStorm combines all
// faults:
//
//	LS   a write asks, then stores          a_write_asks_then_stores, two_writes_of_one_node_have_two_tags
//	ABD  readers write what they return     a_read_writes_back_what_it_returns, unanimous_reads_need_not_write_back
//	LS   ties are broken by name            a_tie_is_broken_by_name
//	ABD  late messages do no harm           an_old_value_replaces_nothing, an_answer_that_comes_twice_counts_once,
//	                                        answers_to_an_earlier_life_do_not_count
//	ABD  a majority is enough, and needed   a_crash_keeps_what_was_acknowledged, a_minority_answers_nothing
package abd
