package cluster

import (
	"fmt"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Exit is the exit of a member that this run did not cause, or the loss of something else that the
// run depends on.
type Exit struct {
	Node history.NodeID // "" if it is not about a single member
	At   time.Duration  // since the cluster was opened
	// How describes the exit: exit status 3, signal: aborted (core dumped).
	How string
	// Outside names what ended the member if it was not the member itself: a kill by another
	// program, the kernel for lack of memory, the engine. The experiment is then broken, and says
	// nothing about the target. It is "" if the member ended by itself, which is a finding.
	Outside string
	Log     []string // the member's last lines
	File    string   // the log that they come from, "" if none
}

// Err returns the error of an exit that breaks the experiment; nil for one that is a finding.
func (e Exit) Err() error {
	switch {
	case e.Outside == "":
		return nil
	case e.Node == "":
		return fmt.Errorf("the experiment is broken: %s", e.Outside)
	}
	return fmt.Errorf("the experiment is broken: %s %s (%s)", e.Node, e.Outside, e.How)
}
