package paxos_test

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
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/paxos"
	"github.com/splitvote/splitvote/protocol/transcript"
)

var rewrite = flag.Bool("rewrite", false, "write what happens now into the transcripts")

// stage plays one register a key; a node is shown as what its acceptors have on disk. A tick draws the longest pause.
func stage(bug string) transcript.Stage {
	return transcript.Stage{
		Protocol: paxos.Protocol(), Bug: bug, Tick: protocol.Tick{Draw: 1},
		Machine: func() protocol.Machine { return kv.New() },
		Request: func(words []string, number int) ([]byte, bool, error) { // read KEY, write KEY VALUE, cas KEY [OLD,NEW] [once]
			c := kv.Command{Session: fmt.Sprintf("c%d", number), Seq: 1, Object: "cas-register", F: words[0], Key: words[1]}
			if len(words) > 2 {
				c.Value = []byte(words[2])
			}
			if len(words) > 3 { // without a session, nobody recognises it
				c.Session, c.Seq = "", 0
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
			acceptors := map[string]paxos.State{}
			for _, r := range disk {
				switch d := r.Data.(type) {
				case *paxos.Promised:
					a := acceptors[d.Key]
					a.Promised = d.Ballot
					acceptors[d.Key] = a
				case *paxos.Took:
					acceptors[d.Key] = paxos.State{Promised: d.Ballot, Accepted: d.Ballot, Value: d.Value}
				case *paxos.Checkpoint:
					clear(acceptors)
					for _, a := range d.Acceptors {
						acceptors[a.Key] = a
					}
				}
			}
			text := "acceptor"
			for _, key := range slices.Sorted(maps.Keys(acceptors)) {
				a := acceptors[key]
				text += fmt.Sprintf(" %s promised=%v accepted=%v", key, a.Promised, a.Accepted)
				if a.Accepted.Round > 0 {
					text += " value=" + value(key, a.Value)
				}
			}
			return text
		},
	}
}

// value is the register's in the state of a key.
func value(key string, state []byte) string {
	machine := kv.New()
	if err := machine.Restore(state); err != nil {
		return err.Error()
	}
	r, err := kv.DecodeResult(machine.Query(kv.Command{Object: "register", F: "read", Key: key}.Encode()))
	if err != nil {
		return err.Error()
	}
	return string(r.Value)
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
