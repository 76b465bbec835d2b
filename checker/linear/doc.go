// Package linear decides whether a history is linearizable: whether its calls can be put in one order that a single
// correct copy of the object would have answered alike, and that respects which call ended before which began.
//
//	L1  Order is the order of events, never their times: where times tie, the event with the smaller Index came first.
//	L2  A call that failed had no effect and is dropped. A call whose outcome is unknown had its effect at any point
//	    after its invocation, with any result, or never.
//	L3  Keys are objects of their own: a history is linearizable if and only if each key's part is (Herlihy and Wing,
//	    Linearizability, TOPLAS 1990, section 3.3: locality).
//	L4  A verdict is exact. Whoever cannot decide (a limit, a panic, a call that the model does not know) says Unknown
//	    and why; nothing is ever guessed from a bound that was hit.
//	L5  Explaining changes no verdict.
package linear
