// Package linear decides whether a history is linearizable: whether its calls can be put in one
// order that a single correct copy of the object would have answered alike, and that respects
// which call ended before which began.
//
// A type of your own takes three lines. Say where an object begins and what a call does, hand over
// the calls, and print what came out:
//
//	counter := linear.TypeOf(0, func(held, n int) (int, int) { return held + n, held })
//	calls := []linear.Call[int, int]{{Client: 0, In: 1, Out: 0, Begin: 0, End: 10}}
//	judged := counter.Check(ctx, calls, linear.Options{})
//	fmt.Println(judged.Verdict)
//
// [Type] has more: several states after a call, several objects, words for the evidence. A
// [Judgement] names the calls that contradict each other, the weaker level that still holds, the
// longest prefix that is linearizable and the states behind it. A model written for Porcupine is
// judged as it is by [CheckPorcupine], and a recorded history by [Check], with a [model.Model], or
// by the checker that [New] makes of a model's name.
//
// # What is promised
//
//	L1  Order is the order of events, never their times: where times tie, the event with the
//	    smaller Index came first.
//	L2  A call that failed had no effect and is dropped. A call whose outcome is unknown had its
//	    effect at any point after its invocation, with any result, or never.
//	L3  Keys are objects of their own: a history is linearizable if and only if each key's part is
//	    (Herlihy and Wing, Linearizability, TOPLAS 1990, section 3.3: locality).
//	L4  A verdict is exact. Whoever cannot decide (a limit, a panic, a call that the model does
//	    not know) says Unknown and why; nothing is ever guessed from a bound that was hit.
//	L5  Explaining changes no verdict.
//	L6  What Online reports before the end is a violation of every history that begins alike.
//
// What decides, as Result.Method names it. Each algorithm says by itself where it does not apply;
// then the history is reduced, divided where it can be, and searched.
//
//	zones        registers, with cas or without, if observed values are written once        O(n log n)
//	growth       sets from which nothing is removed                                         O(n log n)
//	queue order  FIFO queues, if dequeued values are enqueued once                          O(n log n)
//	nesting      stacks, if popped values are pushed once                                   O(n (log n + nesting))
//	tally        counters whose adds are all of one amount; bounds refute others            O(n log n)
//	holds        mutexes, fenced or not                                                     O(n log n)
//	positions    append lists, if values that are read are appended once                    O(length of what was read)
//	eras         texts, if none begins another and those that are got are written once      O(n log n + length of what was got)
//	unique       unique identifiers                                                         O(n)
//	search       everything: breadth first over compact configurations, and depth first     exponential in concurrency
//	             beside it where these become many
//	porcupine    everything, on request: the reference that the others are tested against   exponential in concurrency
//
// Calls with unknown outcome cost nothing where an algorithm of its own decides, with two
// exceptions: a dequeue of nothing beside dequeues with unknown outcome, and pops with unknown
// outcome, may leave the answer to the search.
package linear
