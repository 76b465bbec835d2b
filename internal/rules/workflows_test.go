package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// workflow is what the rules read of a workflow of GitHub Actions.
type workflow struct {
	Jobs map[string]struct {
		Strategy struct {
			Matrix map[string][]string
		}
		Steps []struct{ Run, Uses string }
	}
}

// commands are what the workflow runs, once for each value of the matrix.
func (w workflow) commands() []string {
	var all []string
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			some := []string{step.Run}
			for name, values := range job.Strategy.Matrix {
				if variable := "${{ matrix." + name + " }}"; strings.Contains(step.Run, variable) {
					some = nil
					for _, v := range values {
						some = append(some, strings.ReplaceAll(step.Run, variable, v))
					}
				}
			}
			all = append(all, slices.DeleteFunc(some, func(run string) bool { return run == "" })...)
		}
	}
	slices.Sort(all)
	return all
}

// What guards the repository runs where nobody has to think of it: every change is held to .ci/run,
// every night to the rest.
var guards = map[string][]string{
	"ci.yml":      {".ci/run"},
	"nightly.yml": {"make cross-check", "make faults", "make fuzz FUZZTIME=10m", "make golangci lint"},
}

func TestWorkflowsRunWhatGuardsUs(t *testing.T) {
	for name, want := range guards {
		if got := readWorkflow(t, name).commands(); !slices.Equal(got, want) {
			t.Errorf(".github/workflows/%s runs %q, want %q", name, got, want)
		}
	}
}

// The steps of .ci/run, which ci.yml hides behind one name.
func TestCIRunsEverything(t *testing.T) {
	text, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"gofmt -l .", "go vet ./...", ".ci/build", ".ci/fuzz 30s", "go test -race ./..."} {
		if !strings.Contains(string(text), step) {
			t.Errorf(".ci/run does not run %s", step)
		}
	}
}

// Whatever a workflow runs of ours is there: scripts can be executed, and make knows its targets.
func TestWorkflowsRunWhatThereIs(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) < len(guards) {
		t.Fatalf("%d workflows: %v", len(files), err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile(`(?m)(?:^|\s)(\.ci/\w+)`)
	made := regexp.MustCompile(`(?m)^make ([a-z -]+)`)
	for _, file := range files {
		for _, command := range readWorkflow(t, filepath.Base(file)).commands() {
			for _, m := range script.FindAllStringSubmatch(command, -1) {
				if info, err := os.Stat("../../" + m[1]); err != nil || info.Mode()&0o111 == 0 {
					t.Errorf("%s runs %s, which is no script that can be executed", file, m[1])
				}
			}
			for _, m := range made.FindAllStringSubmatch(command, -1) {
				for target := range strings.FieldsSeq(m[1]) {
					if !strings.Contains(string(makefile), "\n"+target+":") {
						t.Errorf("%s makes %s, which the Makefile does not know", file, target)
					}
				}
			}
		}
	}
}

func readWorkflow(t *testing.T, name string) (w workflow) {
	t.Helper()
	text, err := os.ReadFile("../../.github/workflows/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return w
}
