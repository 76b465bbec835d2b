package twopc_test

import (
	"testing"

	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol/twopc"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

var suite = bundledtest.Suite{
	Protocol: twopc.Protocol(), Stage: stage, Storms: 6, Patience: 36,
	Storm: func(seed uint64) plan.Plan {
		return bundledtest.ShortStorm(twopc.Protocol(), seed, "list-append", "register", "bank", "rw-register")
	},
}

// TestTranscripts plays testdata/*.txt; package transcript says how to read them.
func TestTranscripts(t *testing.T) { suite.Transcripts(t) }

// TestStorm lets everything happen to clusters: T1 to T6 hold after each step, and what the clients
// saw is strictly serializable.
func TestStorm(t *testing.T) { suite.Endure(t) }

// TestSameSeedSameRun compares two runs operation by operation (protocol.P1).
func TestSameSeedSameRun(t *testing.T) { suite.Repeat(t) }

// TestMutantsAreConvicted looks for each planted bug, until a transcript or a storm shows it.
func TestMutantsAreConvicted(t *testing.T) { suite.Mutants(t) }
