package harness

import (
	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/weak"
)

// judge is the checker of what the target promises of a single object.
func (x Experiment) judge() (checker.Checker, error) {
	if x.Consistency == "" {
		return linear.New(x.Workload.Model, linear.Options{})
	}
	return weak.New(x.Consistency, x.Workload.Model)
}
