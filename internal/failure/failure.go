// Package failure is an error with what a program that prints it makes of it: an exit status, and
// hints at what might help.
package failure

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/splitvote/splitvote/checker"
)

// The exit statuses, which are Jepsen's.
const (
	ExitValid    = 0
	ExitInvalid  = 1
	ExitUnknown  = 2
	ExitUsage    = 254 // a bad flag, a bad plan, an unreadable history
	ExitInternal = 255 // the experiment itself failed
)

// Error is an error with its exit status and hints.
type Error struct {
	Exit  int
	Err   error
	Hints []string
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap is the error without its hints.
func (e *Error) Unwrap() error { return e.Err }

// Usage is an error of what was asked for.
func Usage(err error, hints ...string) error { return &Error{ExitUsage, err, hints} }

// Internal is an error of the experiment itself.
func Internal(err error, hints ...string) error { return &Error{ExitInternal, err, hints} }

// ErrStopped ends work that noticed that the user stopped it.
var ErrStopped = errors.New("stopped")

// ExitOf is the exit status of a verdict.
func ExitOf(v checker.Verdict) int {
	switch v {
	case checker.Valid:
		return ExitValid
	case checker.Invalid:
		return ExitInvalid
	case checker.Unknown:
		return ExitUnknown
	}
	return ExitInternal
}

// OneLine is the text of an error in one line.
func OneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// File says what the system said of a file without saying "open" first.
func File(name string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
