// Package generator makes operations: pure sources and the combinators on them. Clients' operations and faults are
// written in the same language, and one interpreter, which owns the clock and the processes, asks for them.
//
//	G1  A Generator is a value of a comparable type: Next and Update leave it as it was, and == tells whether it changed.
//	G2  The Process of a Ready operation is one of Context.Free, and its Time is not before Context.Time.
//	G3  An offer binds nobody: an interpreter that does not take a Ready operation goes on with the generator it asked.
//	    The generator returned with Pending is kept.
//	G4  An operation that is taken is told to Update as an invocation before Next is asked again.
//	G5  Context.Procs and Context.Free are in the order of the threads, the nemesis last. When a process is retired its
//	    successor takes its place, after Update has been told of the completion.
//	G6  Randomness comes from Context.Rand alone, and slices of a Context are not kept.
//	G7  After Done comes nothing but Done.
//
// Generators establish G1, G2, G6 and G7, interpreters G3, G4 and G5 (a [Roster] keeps the last for them). The algebra is
// Jepsen's, with values of Go in the place of Clojure's.
package generator
