// Package faulttest asks whether tests can fail: it plants a small mistake in a source file and
// demands that the tests find it.
package faulttest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Table is small mistakes, one a row: what it is; the file, from the directory of the tests; what
// stands there, once, and what it becomes; and what shows it, as Plant.Run reads that.
type Table [][5]string

// fault is a row.
type fault struct{ what, file, old, new, shown string }

// Plant is how the tests of a package are run with a fault.
type Plant struct {
	Run      func(shown string) string // the tests that are to find a fault, as go test -run has them
	Env      []string                  // NAME=value; the SPLITVOTE_ variables of the caller are not handed on
	Disagree []string                  // what a failure says if it is a disagreement: one of these
}

// Catch demands that every fault still fits its file, and with SPLITVOTE_FAULTS=1 that the tests
// catch it. The compiler is told to read the faulty file in place of the real one, a compilation
// each, so that it is for the long form of tests.
func (p Plant) Catch(t *testing.T, faults Table) {
	for _, row := range faults {
		f := fault{row[0], row[1], row[2], row[3], row[4]}
		t.Run(f.what, func(t *testing.T) {
			source, err := os.ReadFile(f.file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(source), f.old); n != 1 {
				t.Fatalf("%q stands in %s %d times, want once: bring the fault up to date", f.old, f.file, n)
			}
			if os.Getenv("SPLITVOTE_FAULTS") == "" {
				return
			}
			p.plant(t, f, strings.Replace(string(source), f.old, f.new, 1))
		})
	}
}

// plant runs the tests with the fault, which must fail by a disagreement.
func (p Plant) plant(t *testing.T, f fault, faulty string) {
	real, err := filepath.Abs(f.file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	planted, overlay := filepath.Join(dir, filepath.Base(f.file)), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {real: planted}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{planted: []byte(faulty), overlay: text} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	// Without tables for debuggers, which take longer to write than the tests to run.
	run := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-vet=off", "-ldflags=-s -w", "-failfast",
		"-count=1", "-run", p.Run(f.shown), ".")
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SPLITVOTE_") {
			run.Env = append(run.Env, v)
		}
	}
	run.Env = append(run.Env, p.Env...)
	out, err := run.CombinedOutput()
	if err == nil {
		t.Fatalf("the tests do not catch it:\n%s", out)
	}
	for _, said := range p.Disagree {
		if strings.Contains(string(out), said) {
			return
		}
	}
	t.Errorf("the tests fail, but by no disagreement: %v\n%s", err, out)
}
