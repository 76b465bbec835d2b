package harness

import (
	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/weak"
)

// judge is the checker of what the target promises of a single object; of a run that breaks the promise it says what still
// holds.
func (x Experiment) judge() (checker.Checker, error) {
	judge, err := linear.New(x.Workload.Model, linear.Options{})
	if x.Consistency != "" {
		judge, err = weak.New(x.Consistency, x.Workload.Model)
	}
	if err != nil || x.Terse {
		return judge, err
	}
	return weak.Graded(judge, x.Workload.Model), nil
}
