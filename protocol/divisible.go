package protocol

// Access is a key that a command touches.
type Access struct {
	Key   string
	Write bool
}

// Divisible is a Machine whose commands can be split into parts, each carried out by the Machine
// that
// holds the part's keys. A protocol whose members hold different keys needs one. Query returns what
// Apply would return (see package kv), so Query tries a part and Apply carries it out.
type Divisible interface {
	Machine
	// Accesses lists the keys of a command, each once, in order of first use. A key that is both
	// read and
	// written counts as written.
	Accesses(command []byte) []Access
	// Part returns the part of the command that touches the keys that here accepts, without the
	// session.
	// The part is itself a command.
	Part(command []byte, here func(key string) bool) []byte
	// Agreed reports whether result belongs to a command that takes effect. One part that does not
	// agree
	// undoes all of them.
	Agreed(result []byte) bool
	// Join returns the result of the whole command, given the results of its parts in any order:
	// the first
	// result that did not agree, or else everything that the parts read.
	Join(command []byte, results [][]byte) []byte
}
