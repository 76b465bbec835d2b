package cluster

import (
	"fmt"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Exit is the end of a member that nothing in this run ended, or the loss of something else that
// the run stands on.
type Exit struct {
	Node history.NodeID // "" where it is of no single member
	At   time.Duration  // since the cluster was opened
	// How says how it ended: exit status 3, signal: aborted (core dumped).
	How string
	// Outside says what ended it where that was not the member itself: somebody else's kill, the
	// kernel for want of memory, the engine. The experiment is broken then, and says nothing about
	// the target. It is "" of a member that ended by itself, which is a finding.
	Outside string
	Log     []string // the member's last lines
	File    string   // the log that they are from, "" for none
}

// Err is an exit that breaks the experiment, as its error; nil for one that is a finding.
func (e Exit) Err() error {
	switch {
	case e.Outside == "":
		return nil
	case e.Node == "":
		return fmt.Errorf("the experiment is broken: %s", e.Outside)
	}
	return fmt.Errorf("the experiment is broken: %s %s (%s)", e.Node, e.Outside, e.How)
}
