package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestVersionIsACommandAndAFlag(t *testing.T) {
	for _, arg := range []string{"version", "--version"} {
		out, err := exec.CommandContext(t.Context(), binary, arg).Output()
		if lines := strings.Split(string(out), "\n"); err != nil || len(lines) != 4 ||
			!strings.HasPrefix(lines[0], "splitvote ") || !strings.HasPrefix(lines[1], "commit ") ||
			lines[2] != "go "+strings.TrimPrefix(runtime.Version(), "go")+" "+runtime.GOOS+"/"+runtime.GOARCH {
			t.Errorf("%s prints %q (%v)", arg, out, err)
		}
	}
}

// Every command shows how it is used, and what is shown is understood: flags are known and operands
// are as many as they may be.
func TestEveryCommandHasExamples(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.IsAvailableCommand() && cmd.Name() != "help" && cmd.Example == "" &&
			!strings.Contains(cmd.CommandPath(), "completion") {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			_, text, _ := strings.Cut(strings.TrimSpace(line), "splitvote ")
			if i := strings.LastIndex(line, "splitvote "); i >= 0 {
				text = line[i+len("splitvote "):]
			}
			found, args, err := cmd.Root().Find(strings.Fields(text))
			if err == nil {
				if err = found.ParseFlags(args); err == nil {
					err = found.ValidateArgs(found.Flags().Args())
				}
			}
			if err != nil {
				t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
			}
		}
		for _, below := range cmd.Commands() {
			visit(below)
		}
	}
	visit(rootCommand())
}

// Man pages and completions are made for every command, and are the same whenever they are made.
func TestManPagesAndCompletions(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		if out, err := exec.CommandContext(t.Context(), binary, "generate", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for _, file := range []string{"man/splitvote.1", "man/splitvote-run.1", "man/splitvote-campaign-merge.1",
		"completions/splitvote.bash", "completions/_splitvote", "completions/splitvote.fish"} {
		one, err := os.ReadFile(filepath.Join(first, file))
		if err != nil {
			t.Fatal(err)
		}
		if other, err := os.ReadFile(filepath.Join(second, file)); err != nil || !bytes.Equal(one, other) {
			t.Errorf("%s is made otherwise the second time (%v)", file, err)
		}
		if !strings.Contains(string(one), "splitvote") {
			t.Errorf("%s does not name the command", file)
		}
	}
}
