package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/report"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); -rewrite accepts it:\n%s", path, diff)
	}
}

// samples are the runs that every form of the report is tested with.
func samples(t testing.TB) map[string]*report.Run {
	planted := invalidRun(t)
	planted.Bug = "raft/read-without-quorum"
	failed := baseRun()
	failed.Problem = "node n3 was not ready within 10s: last line of its log: listen tcp 127.0.0.1:7003: address " +
		"already in use"
	virtual := validRun(t)
	virtual.Backend, virtual.Virtual, virtual.Wall = "sim", secs(31), secs(0.2)
	return map[string]*report.Run{"valid": validRun(t), "valid-sim": virtual, "invalid": invalidRun(t),
		"invalid-planted": planted, "unknown": unknownRun(t), "failed": failed, "nothing": {}}
}

func TestText(t *testing.T) {
	for name, run := range samples(t) {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := report.Text(&b, run, false); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", b.String())
		})
	}
}

// Colour repeats what the words say: without its control sequences the text is the same.
func TestColourAddsNothing(t *testing.T) {
	sequence := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, run := range samples(t) {
		var with, without strings.Builder
		if err := report.Text(&with, run, true); err != nil {
			t.Fatal(err)
		}
		if err := report.Text(&without, run, false); err != nil {
			t.Fatal(err)
		}
		if got := sequence.ReplaceAllString(with.String(), ""); got == with.String() || got != without.String() {
			t.Errorf("%s: in colour it says\n%s\nwithout\n%s", name, got, without.String())
		}
	}
}
