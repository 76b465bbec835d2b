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
	// Core is the node whose core panicked, which a correct core never does. Where it is ""
	// something of the harness did: a workload, a client, a backend. The experiment has failed
	// then, and says nothing about the target.
	Core history.NodeID
}

// Panicked is the error of what recover has returned. It is called by the deferred function, where
// the stack still has the frames that panicked.
func Panicked(value any) *PanicError { return &PanicError{Value: value, Stack: debug.Stack()} }

func (e *PanicError) Error() string {
	if e.Core != "" {
		return fmt.Sprintf("the core of %s panicked: %v", e.Core, e.Value)
	}
	return fmt.Sprintf("the run panicked: %v", e.Value)
}
