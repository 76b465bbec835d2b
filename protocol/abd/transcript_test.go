package abd_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/abd"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/transcript"
)

var rewrite = flag.Bool("rewrite", false, "write what happens now into the transcripts")

// stage plays the registers; a node is shown as what its disk holds.
func stage(bug string) transcript.Stage {
	return transcript.Stage{
		Protocol: abd.Protocol(), Bug: bug,
		Machine: func() protocol.Machine { return kv.New() },
		Request: func(words []string, _ int) ([]byte, bool, error) { // read KEY, write KEY VALUE
			c := kv.Command{Object: "register", F: words[0], Key: words[1]}
			if len(words) > 2 {
				c.Value = []byte(words[2])
			}
			return c.Encode(), c.F == "read", nil
		},
		Result: func(data []byte) string {
			r, err := kv.DecodeResult(data)
			switch {
			case err != nil:
				return err.Error()
			case !r.OK:
				return "no, " + r.Err
			case len(r.Value) > 0:
				return string(r.Value)
			}
			return "ok"
		},
		Describe: func(_ protocol.Core, disk []protocol.Record) string {
			held := map[string]string{}
			for _, r := range disk {
				switch d := r.Data.(type) {
				case *abd.Value:
					held[d.Key] = string(d.Value) + "@" + d.Tag.String()
				case *abd.Checkpoint:
					for _, v := range d.Values {
						held[v.Key] = string(v.Value) + "@" + v.Tag.String()
					}
				}
			}
			var all []string
			for _, key := range slices.Sorted(maps.Keys(held)) {
				all = append(all, key+"="+held[key])
			}
			if len(all) == 0 {
				return "holds nothing"
			}
			return "holds " + strings.Join(all, " ")
		},
	}
}

// TestTranscripts plays testdata/*.txt; package transcript says how to read them.
func TestTranscripts(t *testing.T) {
	for _, file := range transcripts(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want := read(t, file)
			got, err := stage("").Play(want)
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

func transcripts(t *testing.T) []string {
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

// convictedByTranscript names a transcript that goes another way with a planted bug, "" if none does.
func convictedByTranscript(t *testing.T, bug string) string {
	t.Helper()
	for _, file := range transcripts(t) {
		want := read(t, file)
		if got, err := stage(bug).Play(want); err != nil || got != want {
			return fmt.Sprintf("transcript %s", filepath.Base(file))
		}
	}
	return ""
}
