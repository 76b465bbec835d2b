package zab_test

import (
	"testing"

	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol/zab"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

var suite = bundledtest.Suite{
	Protocol: zab.Protocol(), Stage: stage, Storms: 12, Patience: 144,
	Storm: func(seed uint64) plan.Plan { return storm(seed, "sync") },
}

// storm puts a cluster through everything at once.
func storm(seed uint64, reads string) plan.Plan {
	p := bundledtest.LongStorm(zab.Protocol(), seed, "register", "append", "set", "queue")
	p.Set["reads"] = reads
	if seed%2 == 1 {
		p.Set["snapshot-every"], p.Set["diff-window"], p.Set["snapshot-chunk"], p.Set["batch"] = "20", "5", "200", "1"
	}
	return p
}

// TestTranscripts plays testdata/*.txt; package transcript says how to read them.
func TestTranscripts(t *testing.T) { suite.Transcripts(t) }

// TestStorm lets everything happen. After each step Z1 to Z13 hold, the clients see one copy of the
// data, and when the storm is over the cluster makes progress.
func TestStorm(t *testing.T) {
	t.Parallel()
	suite.Endure(t)
}

// TestLocalReadsAreNotLinearizable is the control: reads=local is convicted by the history alone.
func TestLocalReadsAreNotLinearizable(t *testing.T) {
	t.Parallel()
	suite.Control(t, 8, func(seed uint64) plan.Plan { return storm(4*seed, "local") })
}

// TestMutantsAreConvicted looks for each planted bug, until a transcript or a storm shows it.
func TestMutantsAreConvicted(t *testing.T) {
	t.Parallel()
	suite.Mutants(t)
}
