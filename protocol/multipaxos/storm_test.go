package multipaxos_test

import (
	"testing"

	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol/multipaxos"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

var suite = bundledtest.Suite{
	Protocol: multipaxos.Protocol(), Stage: stage, Storms: 12, Patience: 12,
	Storm: func(seed uint64) plan.Plan { return storm(seed, []string{"quorum", "log", "lease"}[seed%3]) },
}

// storm is a plan that combines all faults.
func storm(seed uint64, reads string) plan.Plan {
	p := bundledtest.LongStorm(multipaxos.Protocol(), seed, "register", "append", "set", "queue")
	p.Faults = append(p.Faults, "members")
	p.Set["reads"] = reads
	if seed%2 == 1 {
		p.Set["snapshot-every"], p.Set["window"], p.Set["batch"] = "20", "5", "2"
	}
	return p
}

// TestTranscripts plays testdata/*.txt; package transcript says how to read them.
func TestTranscripts(t *testing.T) { suite.Transcripts(t) }

// TestStorm combines all faults. M1 to M10 hold after each step, the clients see one copy of the
// data,
// and the cluster makes progress when the storm is over.
func TestStorm(t *testing.T) {
	t.Parallel()
	suite.Endure(t)
}

// TestLocalReadsAreNotLinearizable is the control: the history alone shows that reads=local is
// wrong.
func TestLocalReadsAreNotLinearizable(t *testing.T) {
	t.Parallel()
	suite.Control(t, 8, func(seed uint64) plan.Plan { return storm(4*seed, "local") })
}

// TestMutantsAreConvicted looks for each planted bug, until a transcript or a storm shows it.
func TestMutantsAreConvicted(t *testing.T) {
	t.Parallel()
	suite.Mutants(t)
}
