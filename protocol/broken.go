package protocol

import "fmt"

// Broken is the error of a broken invariant that is about what clients have asked for, and not about promises alone.
type Broken struct {
	Err   error // as Invariants would say it without: the invariant's number, who did what
	About []Concern
}

// Concern says what a client's command has to do with a broken invariant.
type Concern struct {
	Command []byte // as it was proposed; empty for a protocol's own entries, which are nobody's call
	Role    string // the words that follow the name of the call: "is what n2 applied at 7@3"
}

// About adds the commands that it is about to the error of a broken invariant.
func About(err error, concerns ...Concern) error { return &Broken{err, concerns} }

func (b *Broken) Error() string { return b.Err.Error() }

// Unwrap is the error without the commands.
func (b *Broken) Unwrap() error { return b.Err }

// Concerning is a concern whose role is formatted.
func Concerning(command []byte, role string, args ...any) Concern {
	return Concern{Command: command, Role: fmt.Sprintf(role, args...)}
}
