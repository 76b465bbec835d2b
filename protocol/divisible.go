package protocol

// Access is a key that a command touches.
type Access struct {
	Key   string
	Write bool
}

// Divisible is a Machine whose commands can be carried out in parts, each by the Machine that holds the keys it touches.
// A protocol whose members hold different keys needs one. Query answers what Apply would (see package kv), so a part is
// tried by Query and carried out by Apply.
type Divisible interface {
	Machine
	// Accesses lists the keys of a command, each once, in order of first use. A key that is read and written is a write.
	Accesses(command []byte) []Access
	// Part is the command with nothing left of it but what touches the keys that here accepts, and without its session. It
	// is itself a command.
	Part(command []byte, here func(key string) bool) []byte
	// Agreed says whether a result is that of a command that takes effect: one part that does not agree undoes them all.
	Agreed(result []byte) bool
	// Join is the result of the whole command from the results of its parts, in any order: the first that did not agree, or
	// all that they read.
	Join(command []byte, results [][]byte) []byte
}
