package paxos_test

import (
	"testing"

	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol/paxos"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

var suite = bundledtest.Suite{
	Protocol: paxos.Protocol(), Stage: stage, Storms: 6, Patience: 6,
	Storm: func(seed uint64) plan.Plan {
		return bundledtest.ShortStorm(paxos.Protocol(), seed, "register", "append", "queue")
	},
}

// TestTranscripts plays testdata/*.txt; package transcript says how to read them.
func TestTranscripts(t *testing.T) { suite.Transcripts(t) }

// TestStorm runs clusters under all faults: S1 to S5 hold after each step, and what the clients saw
// is
// linearizable.
func TestStorm(t *testing.T) { suite.Endure(t) }

// TestSameSeedSameRun compares two runs operation by operation (protocol.P1).
func TestSameSeedSameRun(t *testing.T) { suite.Repeat(t) }

// TestMutantsAreConvicted looks for each planted bug, until a transcript or a storm shows it.
func TestMutantsAreConvicted(t *testing.T) { suite.Mutants(t) }
