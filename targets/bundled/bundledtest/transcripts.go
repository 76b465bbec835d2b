package bundledtest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write what happens now into the transcripts")

// Transcripts plays testdata/*.txt of the test's directory (B1); package transcript says how to
// read them.
func (s Suite) Transcripts(t *testing.T) {
	t.Helper()
	for _, file := range files(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want := read(t, file)
			got, err := s.Stage("").Play(want)
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("not as written (-want +got; -rewrite accepts it):\n%s", diff)
			}
		})
	}
}

// told names a transcript that goes another way with a planted bug, "" if none does.
func (s Suite) told(t *testing.T, bug string) string {
	t.Helper()
	for _, file := range files(t) {
		want := read(t, file)
		if got, err := s.Stage(bug).Play(want); err != nil || got != want {
			return "transcript " + filepath.Base(file)
		}
	}
	return ""
}

func files(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
