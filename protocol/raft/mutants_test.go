package raft_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/protocol/raft"
)

var storms = flag.Uint64("storms", 8, "storms that a planted bug may survive")

// TestMutantsAreConvicted looks for each planted bug, until a storm or a transcript shows it.
func TestMutantsAreConvicted(t *testing.T) {
	for _, m := range raft.Protocol().Mutants {
		t.Run(strings.TrimPrefix(m.Name, "raft/"), func(t *testing.T) {
			t.Parallel()
			if m.Doc == "" || m.Source == "" || m.Class == "" {
				t.Errorf("it does not say enough of itself: %+v", m)
			}
			how := convictByStorm(t, m.Name)
			if how == "" {
				how = convictByTranscript(t, m.Name)
			}
			if how == "" {
				t.Fatal("nothing shows it")
			}
			t.Log(how)
		})
	}
}

// convictByStorm says what went wrong in a storm, "" if nothing did.
func convictByStorm(t *testing.T, bug string) string {
	for seed := range *storms {
		if err := newStorm(t, seed, "index", bug).endure(); err != nil {
			return fmt.Sprintf("seed %d: %v", seed, err)
		}
	}
	return ""
}

// convictByTranscript names a transcript that goes another way, "" if none does.
func convictByTranscript(t *testing.T, bug string) string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := stage(bug).Play(string(data)); err != nil || got != string(data) {
			return filepath.Base(file)
		}
	}
	return ""
}
