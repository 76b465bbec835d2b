package cluster

import (
	"fmt"
	"runtime/debug"

	"github.com/splitvote/splitvote/history"
)

// PanicError is a panic during a run.
type PanicError struct {
	Value any
	Stack []byte
	// Core is the node whose core panicked, which a correct core never does. It is "" if something
	// of the harness panicked: a workload, a client, a backend. The experiment has then failed and
	// says nothing about the target.
	Core history.NodeID
}

// Panicked turns what recover returned into an error. The deferred function calls it, because
// there the stack still has the frames that panicked.
func Panicked(value any) *PanicError { return &PanicError{Value: value, Stack: debug.Stack()} }

func (e *PanicError) Error() string {
	if e.Core != "" {
		return fmt.Sprintf("the core of %s panicked: %v", e.Core, e.Value)
	}
	return fmt.Sprintf("the run panicked: %v", e.Value)
}
