package rules_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The command is flags and what is printed: the work is done by packages that others can import.
func TestTheCommandIsFlags(t *testing.T) {
	const mostOfAFile, mostInAll = 150, 1800
	all := 0
	walk(t, func(path, text string) {
		if !strings.HasPrefix(path, "cmd/splitvote/") || !strings.HasSuffix(path, ".go") ||
			strings.HasSuffix(path, "_test.go") {
			return
		}
		lines := strings.Count(text, "\n")
		all += lines
		if lines > mostOfAFile {
			t.Errorf("%s has %d lines, at most %d: move the work into a package", path, lines, mostOfAFile)
		}
	})
	if all > mostInAll {
		t.Errorf("cmd/splitvote has %d lines, at most %d: move the work into a package", all, mostInAll)
	}
}

// A program that judges a history needs neither clusters nor containers nor a command line.
func TestJudgingLinksNoCluster(t *testing.T) {
	roots := []string{"checker/linear", "checker/levels", "internal/judge"}
	for _, root := range roots {
		cmd := exec.Command("go", "list", "-deps", "./"+root)
		cmd.Dir = "../.."
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for path := range strings.Lines(string(out)) {
			path = strings.TrimSpace(path)
			for _, heavy := range []string{
				module + "cluster", module + "targets", module + "harness", module + "nemesis",
				"github.com/testcontainers/", "github.com/docker/", "github.com/moby/", "github.com/spf13/",
			} {
				if strings.HasPrefix(path, heavy) {
					t.Errorf("%s links %s: move what it needs out of there", root, path)
				}
			}
		}
	}
}
