package protocol

import "fmt"

// Broken is the error of a broken invariant that concerns client commands, not only promises
// between
// nodes.
type Broken struct {
	Err   error // what Invariants would report by itself: the invariant's number, who did what
	About []Concern
}

// Concern links a client's command to a broken invariant.
type Concern struct {
	Command []byte // as proposed; empty for a protocol's own entries, which belong to no call
	Role    string // the words after the call's name: "is what n2 applied at 7@3"
}

// About attaches the commands involved to the error of a broken invariant.
func About(err error, concerns ...Concern) error { return &Broken{err, concerns} }

func (b *Broken) Error() string { return b.Err.Error() }

// Unwrap returns the error without the commands.
func (b *Broken) Unwrap() error { return b.Err }

// Concerning returns a Concern with a formatted role.
func Concerning(command []byte, role string, args ...any) Concern {
	return Concern{Command: command, Role: fmt.Sprintf(role, args...)}
}
