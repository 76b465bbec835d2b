package experiment

import (
	"path/filepath"
	"slices"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/controls"
)

// ends is what ended in a run though nothing in it caused that.
type ends struct {
	exits  []cluster.Exit
	lies   []controls.Told // that the harness told
	broken bool            // something outside the target did: the run proves nothing of it from there on
}

// stopped forgets members that ended cleanly in a run that the user stopped: the same signal may
// have reached them.
func (e *ends) stopped() {
	e.exits = slices.DeleteFunc(e.exits, func(exit cluster.Exit) bool { return exit.How == "exit status 0" })
}

// within writes the names of logs as those of the run's directory are written.
func (e *ends) within(dir string) {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	for i := range e.exits {
		if rel, err := filepath.Rel(whole, e.exits[i].File); err == nil && filepath.IsLocal(rel) {
			e.exits[i].File = filepath.Join(dir, rel)
		}
	}
}
