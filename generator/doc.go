// Package generator provides pure sources of operations, and combinators for them. Client
// operations and faults use the same language. One interpreter, which owns the clock and the
// processes, asks for them.
//
//	G1  A Generator is a value of a comparable type: Next and Update leave it as it was, and ==
//	    tells whether it changed.
//	G2  The Process of a Ready operation is one of Context.Free, and its Time is not before
//	    Context.Time.
//	G3  An offer is not binding: an interpreter that does not take a Ready operation keeps the
//	    generator that it asked. The generator returned with Pending is kept.
//	G4  Update is told of a taken operation, as an invocation, before Next is called again.
//	G5  Context.Procs and Context.Free are in the order of the threads, the nemesis last. When a
//	    process is retired its successor takes its place, after Update has been told of the
//	    completion.
//	G6  Randomness comes from Context.Rand alone, and slices of a Context are not kept.
//	G7  Done is final: after Done, a generator answers only Done.
//
// Generators guarantee G1, G2, G6 and G7. Interpreters guarantee G3, G4 and G5 (a [Roster] does G5
// for them). The algebra is Jepsen's, with Go values in place of Clojure's.
package generator
