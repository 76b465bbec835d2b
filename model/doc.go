// Package model holds sequential specifications: what one correct copy of an object answers when
// calls reach it one at a time. A checker asks whether the calls of many concurrent clients can be
// explained by such a copy.
//
//	M1  A model is pure: its methods change neither the state nor the call they are given, and
//	    equal arguments give equal answers.
//	M2  Equal is an equivalence; equal states have equal hashes, and the same calls lead from them
//	    to equal states.
//	M3  A call with an unknown result (nil out) may do whatever it may do with any result.
//	M4  ReadOnly holds of a call only if it changes nothing in every state in which its result is
//	    possible. A write of the value that is already there is not read-only.
//
// States and calls are values, not JSON: a model reads a call out of a history once, and says what
// is wrong with it by the number of its event.
package model
