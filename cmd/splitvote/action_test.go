package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/internal/failure"
)

// The steps of action.yml run without GitHub, and without a token.
func TestTheActionRunsAnywhere(t *testing.T) {
	script, err := filepath.Abs("../../.ci/action")
	if err != nil {
		t.Fatal(err)
	}
	plan := "target: raft\nbackend: sim\nnodes: 3\ntime-limit: 5s\nseed: 1\n"
	for _, test := range []struct {
		about              string
		env                []string
		status             int
		output, annotation string
	}{
		{"a plan", []string{"SPLITVOTE_PLAN=plan.yaml"}, 0, "verdict=valid\nrun=runs/", ""},
		{"a target with flags", []string{"SPLITVOTE_TARGET=raft",
			"SPLITVOTE_ARGS=--backend sim --bug raft/answers-before-commit --faults partition,kill,pause " +
				"--time-limit 60s --seed 1"},
			1, "verdict=invalid\nrun=runs/", "::error title=splitvote::❌ INVALID: register on raft"},
		{"a mistake", []string{"SPLITVOTE_TARGET=rafd"}, 254, "verdict=failed\nrun=\n", `::error title=splitvote::`},
	} {
		dir := t.TempDir()
		output, summary := filepath.Join(dir, "output"), filepath.Join(dir, "summary")
		if err := os.WriteFile(filepath.Join(dir, "plan.yaml"), []byte(plan), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), script)
		cmd.Dir = dir
		mine := func(v string) bool { return strings.HasPrefix(v, "GITHUB_") || strings.HasPrefix(v, "SPLITVOTE") }
		cmd.Env = append(slices.DeleteFunc(os.Environ(), mine),
			append(test.env, "SPLITVOTE="+binary, "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+output,
				"GITHUB_STEP_SUMMARY="+summary)...)
		out, _ := cmd.Output() // the status is looked at below
		if status := cmd.ProcessState.ExitCode(); status != test.status {
			t.Errorf("%s: exit status %d, want %d\n%s", test.about, status, test.status, out)
		}
		if text, err := os.ReadFile(output); err != nil || !strings.HasPrefix(string(text), test.output) {
			t.Errorf("%s: the outputs are %q (%v), want %q", test.about, text, err, test.output)
		}
		if !strings.Contains(string(out), test.annotation) ||
			test.annotation == "" && strings.Contains(string(out), "::") {
			t.Errorf("%s: want the annotation %q in\n%s", test.about, test.annotation, out)
		}
		if text, err := os.ReadFile(summary); test.status < failure.ExitUsage &&
			(err != nil || !strings.Contains(string(text), "on raft")) {
			t.Errorf("%s: the summary is %q (%v)", test.about, text, err)
		}
	}
}
