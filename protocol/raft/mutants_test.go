package raft_test

import (
	"testing"

	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

var suite = bundledtest.Suite{Protocol: raft.Protocol(), Stage: stage, Patience: 8}

// TestTranscripts plays testdata/*.txt; package transcript says how to read them.
func TestTranscripts(t *testing.T) { suite.Transcripts(t) }

// TestMutantsAreConvicted looks for each planted bug, until a transcript or a storm shows it.
func TestMutantsAreConvicted(t *testing.T) {
	suite.MutantsBy(t, func(t *testing.T, seed uint64, bug string) string {
		if err := newStorm(t, seed, "index", bug).endure(); err != nil {
			return err.Error()
		}
		return ""
	})
}
