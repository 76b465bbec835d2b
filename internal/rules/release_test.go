package rules_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// What goreleaser builds is what make snapshot and .ci/build do, and each file that it packs is
// there or made.
func TestReleasesAreWhatMakeBuilds(t *testing.T) {
	var config struct {
		Builds []struct {
			Main              string
			Env, Goos, Goarch []string
		}
		Archives []struct{ Files []any }
		Dockers  []struct {
			Dockerfile string
			Platforms  []string
		} `yaml:"dockers_v2"`
	}
	decode(t, ".goreleaser.yaml", &config)
	makefile, build := read(t, "Makefile"), read(t, ".ci/build")
	if len(config.Builds) != 1 || !slices.Contains(config.Builds[0].Env, "CGO_ENABLED=0") {
		t.Fatalf("want one static build: %+v", config.Builds)
	}
	var platforms []string
	for _, os := range config.Builds[0].Goos {
		for _, arch := range config.Builds[0].Goarch {
			platforms = append(platforms, os+"/"+arch)
		}
	}
	if !strings.Contains(makefile, "\nPLATFORMS = "+strings.Join(platforms, " ")+"\n") {
		t.Errorf("the Makefile's PLATFORMS are not %v", platforms)
	}
	for _, p := range platforms {
		if !strings.Contains(build, " "+p) {
			t.Errorf(".ci/build does not compile for %s", p)
		}
	}
	for _, archive := range config.Archives {
		for _, file := range archive.Files {
			if name, plain := file.(string); plain {
				read(t, name)
			}
		}
	}
	for _, image := range config.Dockers {
		read(t, image.Dockerfile)
		for _, p := range image.Platforms {
			if !slices.Contains(platforms, p) {
				t.Errorf("the image is for %s, which is not built", p)
			}
		}
	}
}

// The action runs the script that is tested, and hands each of its inputs on.
func TestTheActionRunsItsScript(t *testing.T) {
	var action struct {
		Inputs map[string]any
		Runs   struct {
			Steps []struct {
				Run string
				Env map[string]string
			}
		}
	}
	decode(t, "action.yml", &action)
	script, handed := read(t, ".ci/action"), ""
	for _, step := range action.Runs.Steps {
		if strings.Contains(step.Run, ".ci/action") {
			for name, value := range step.Env {
				if !strings.Contains(script, "${"+name+":-") {
					t.Errorf(".ci/action knows no %s", name)
				}
				handed += value
			}
		}
	}
	for _, input := range []string{"plan", "target", "args"} {
		if _, there := action.Inputs[input]; !there || !strings.Contains(handed, "${{ inputs."+input+" }}") {
			t.Errorf("the input %s does not reach .ci/action", input)
		}
	}
	if strings.Contains(read(t, "action.yml"), "token") {
		t.Error("the action wants a token")
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decode(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
