package sim_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
)

// seeds of each digest.
const seeds = 20

// digest is what a number of seeds of chaos come to: every message, completion and proof, with its
// time.
func digest(t *testing.T, seed uint64, cfg cluster.Config) string {
	out := sha256.New()
	x, err := newChaos(cfg, out)
	if err != nil {
		t.Fatal(err)
	}
	x.run(10*time.Second, true)
	if err := x.heal(); err != nil {
		t.Fatal(err)
	}
	x.run(3*time.Second, false)
	fmt.Fprintf(out, "%+v", x.Stats())
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %x", seed, out.Sum(nil))
}

func digests(t *testing.T) string {
	var lines []string
	for seed := range uint64(seeds) {
		nodes := 1 + int(seed%7)
		lines = append(lines, "tiny "+digest(t, seed, config(tiny{}, nodes, seed)),
			"raft "+digest(t, seed, raftConfig(nodes, seed)))
	}
	return strings.Join(lines, "\n") + "\n"
}

// elsewhere names the file into which a process of TestSameBytes writes its digests.
const elsewhere = "SPLITVOTE_SIM_DIGESTS"

// S1: the same seed gives the same bytes, twice in one process and in another.
func TestSameBytes(t *testing.T) {
	here := digests(t)
	if file := os.Getenv(elsewhere); file != "" {
		if err := os.WriteFile(file, []byte(here), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if again := digests(t); again != here {
		t.Errorf("twice in one process:\n%s\n%s", here, again)
	}
	file := t.TempDir() + "/digests"
	other := exec.Command(os.Args[0], "-test.run=^TestSameBytes$")
	other.Env = append(os.Environ(), elsewhere+"="+file, "GOMAXPROCS=1")
	if text, err := other.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	there, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(there) != here {
		t.Errorf("in two processes:\n%s\n%s", here, there)
	}
}

// S1, on another machine: these digests were made on amd64. A change of what the simulator does or
// draws changes them; nothing else may.
func TestSameBytesAsRecorded(t *testing.T) {
	const file = "testdata/digests.txt"
	var got strings.Builder
	for seed := range uint64(seeds) {
		got.WriteString(digest(t, seed, config(tiny{}, 3, seed)) + "\n")
	}
	if os.Getenv("SPLITVOTE_REWRITE") != "" {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("if the simulator was meant to change, run this test with SPLITVOTE_REWRITE=1; got:\n%s", &got)
	}
}

// A seed matters.
func TestSeedsDiffer(t *testing.T) {
	seen := map[string]uint64{}
	for seed := range uint64(seeds) {
		d := strings.SplitN(digest(t, seed, config(tiny{}, 3, seed)), " ", 2)[1]
		if before, ok := seen[d]; ok {
			t.Errorf("seeds %d and %d are the same run", before, seed)
		}
		seen[d] = seed
	}
}
