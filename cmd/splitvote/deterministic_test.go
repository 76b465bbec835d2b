package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/targets/bundled"
)

// One seed, one history: for every protocol, with everything that a campaign draws, twice in one
// process and in two others, one seed at a time and two. The JSON of a campaign has a digest of
// every event and verdict in it.
func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	for _, target := range bundled.All() {
		name := target.Name()
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			args := func(store, jobs string) []string {
				return []string{"campaign", "--target", name, "--seeds", "10", "--time-limit", "5s", "--keep-going",
					"--json", "--jobs", jobs, "--store", filepath.Join(dir, store)}
			}
			here := func(store, jobs string) []byte {
				var out, errs bytes.Buffer
				if code := run(context.Background(), args(store, jobs), strings.NewReader(""), &out,
					&errs); code != failure.ExitValid {
					t.Fatalf("exit status %d: %s%s", code, &out, &errs)
				}
				return out.Bytes()
			}
			elsewhere := func(store, jobs string) []byte {
				out, err := exec.Command(binary, args(store, jobs)...).Output()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				return out
			}
			want := here("a", "1")
			if !bytes.Contains(want, []byte(`"digest"`)) {
				t.Fatalf("a campaign without a digest:\n%s", want)
			}
			for where, got := range map[string][]byte{
				"again in this process, two jobs": here("b", "2"), "in another process": elsewhere("c", "1"),
				"in another process, two jobs": elsewhere("d", "2"),
			} {
				if !bytes.Equal(got, want) {
					t.Errorf("%s:\n%swant\n%s", where, got, want)
				}
			}
		})
	}
}

// What a run writes is the same too, byte for byte, and another seed's is not.
func TestTheSameRunWritesTheSameHistory(t *testing.T) {
	for _, target := range bundled.All() {
		name := target.Name()
		t.Run(name, func(t *testing.T) {
			written := func(store, seed string, run func(args []string) int) []byte {
				place := filepath.Join(t.TempDir(), store)
				args := []string{"run", "--target", name, "--backend", "sim", "--workload", "read-write", "--faults",
					"partition,kill", "--time-limit", "10s", "--seed", seed, "--store", place}
				// What a protocol promises by default is not the question here: valid or not, a
				// history is written.
				if code := run(args); code != failure.ExitValid && code != failure.ExitInvalid {
					t.Fatalf("exit status %d", code)
				}
				data, err := os.ReadFile(filepath.Join(place, "latest", "history.jsonl"))
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			here := func(args []string) int {
				return run(context.Background(), args, strings.NewReader(""), io.Discard, io.Discard)
			}
			elsewhere := func(args []string) int {
				command := exec.Command(binary, args...)
				_ = command.Run() // its exit status says all
				return command.ProcessState.ExitCode()
			}
			one := written("one", "7", here)
			if !bytes.Equal(one, written("two", "7", elsewhere)) {
				t.Error("another process wrote another history")
			}
			if bytes.Equal(one, written("three", "8", elsewhere)) || len(one) < 1000 {
				t.Errorf("seeds 7 and 8 wrote the same %d bytes", len(one))
			}
		})
	}
}
