package linear

import (
	"fmt"
	"runtime/debug"

	"github.com/splitvote/splitvote/checker"
)

// A model is its user's code and may panic anywhere. A panic makes the verdict unknown, with the
// words of the panic, and no other engine overrules it: a model that panicked once has shown that
// it is wrong, so that what its other answers prove is not known either. A model may also end its
// goroutine (runtime.Goexit, which testing.T.FailNow calls). That is treated alike.

// panicked is the outcome of a panic. It is called while the panicking stack is still there.
func panicked(p any) outcome {
	return outcome{
		verdict: checker.Unknown, cause: checker.Panicked, reason: fmt.Sprintf("the model panicked: %v", p),
		stack: string(debug.Stack()),
	}
}

// goexit stands for the value of a panic where a model ended its goroutine.
const goexit = "it ended the goroutine that it was called in (runtime.Goexit, which FailNow of package testing calls)"

// abandoned is the outcome of objects whose goroutine the model ended.
func abandoned() outcome {
	return outcome{verdict: checker.Unknown, cause: checker.Panicked, reason: "the model did not return: " + goexit}
}

// crash is the outcome of a call of the model's code, nil if it returned. A deferred function calls
// it with what recover returned.
func crash(returned bool, p any) *outcome {
	var o outcome
	switch {
	case p != nil:
		o = panicked(p)
	case !returned:
		o = abandoned()
	default:
		return nil
	}
	return &o
}
