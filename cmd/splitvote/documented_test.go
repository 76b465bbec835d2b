package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

// What the pages show is what the command does: every command in a fenced block and in a code span
// is one that the command line understands, and those of console blocks print what stands below
// them (documented_output_test.go).

// fence is a fenced block of a page: the lines from first to before last, of those of the page.
type fence struct {
	language    string
	first, last int
}

func fences(lines []string) []fence {
	var all []fence
	open := -1
	for i, line := range lines {
		switch {
		case !strings.HasPrefix(line, "```"):
		case open < 0:
			all = append(all, fence{language: strings.TrimPrefix(line, "```"), first: i + 1})
			open = i
		default:
			all[len(all)-1].last = i
			open = -1
		}
	}
	return all
}

// pages are the Markdown files of the root and of docs/, with their lines, by their paths from the
// root.
func pages(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	root := os.DirFS("../..")
	top, err := fs.Glob(root, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(root, "docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			top = append(top, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range top {
		text, err := fs.ReadFile(root, path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = strings.Split(string(text), "\n")
	}
	return all
}

var (
	called    = regexp.MustCompile(`(?:^|[|&;] *|\$ |run: |cmd/)(?:\./)?splitvote((?: +[^|&;#]+)?)`)
	span      = regexp.MustCompile("`(splitvote [^`]+)`")
	redirects = regexp.MustCompile(`^(<|>|2>)$`)
	number    = regexp.MustCompile(`\bN\b|\$\{\{[^}]*\}\}`)
	variable  = regexp.MustCompile(`[<$…]|(^|/)[A-Z]+$|\.yaml$`) // or a file
)

// TestDocumentedCommandsAreUnderstood holds every command of the pages against the flags and the
// names that there are.
func TestDocumentedCommandsAreUnderstood(t *testing.T) {
	found := 0
	for path, lines := range pages(t) {
		try := func(line int, command string) {
			found++
			if err := understand(strings.Fields(number.ReplaceAllString(command, "1"))); err != nil {
				t.Errorf("%s:%d: splitvote%s: %v", path, line+1, command, err)
			}
		}
		inside := map[int]bool{}
		for _, block := range fences(lines) {
			for i := block.first; i < block.last; i++ {
				inside[i] = true
				line := lines[i]
				for n := i; strings.HasSuffix(line, `\`); n++ {
					line = strings.TrimSuffix(line, `\`) + lines[n+1]
				}
				for _, m := range called.FindAllStringSubmatch(line, -1) {
					try(i, m[1])
				}
			}
		}
		for i, line := range lines {
			if !inside[i] {
				for _, m := range span.FindAllStringSubmatch(line, -1) {
					try(i, strings.TrimPrefix(m[1], "splitvote"))
				}
			}
		}
	}
	if found < 50 {
		t.Fatalf("only %d commands on all pages", found)
	}
}

// understand says what is wrong with arguments, without carrying them out. N is any number, and
// other words in capitals, in angle brackets and variables are any text.
func understand(args []string) error {
	if i := slices.IndexFunc(args, redirects.MatchString); i >= 0 {
		args = args[:i]
	}
	command, args, err := rootCommand().Find(args)
	if err != nil {
		return err
	}
	open := slices.ContainsFunc(args, variable.MatchString) // to more than what is tested here
	if err := command.ParseFlags(args); err != nil || open || len(args) == 0 {
		return err
	}
	if err := command.ValidateArgs(command.Flags().Args()); err != nil {
		return err
	}
	for flag, known := range map[string][]string{"target": bundled.Names(),
		"workload": append(workloads.Names(), ofTheReader), "bug": bugNames(), "model": levels.ModelNames(),
		"faults": append(nemesis.Names(), "none")} {
		f := command.Flags().Lookup(flag)
		if f == nil || !f.Changed {
			continue
		}
		for name := range strings.SplitSeq(strings.Trim(f.Value.String(), "[]"), ",") {
			if !slices.Contains(known, name) {
				return fmt.Errorf("--%s: no such name: %q", flag, name)
			}
		}
	}
	if command.Name() != "run" || len(command.Flags().Args()) > 0 || command.Flags().Changed("attach") ||
		slices.Contains(args, ofTheReader) {
		return nil
	}
	var errs strings.Builder
	if code := run(context.Background(), append([]string{"run", "--print-plan"}, args...), strings.NewReader(""),
		io.Discard, &errs); code != failure.ExitValid {
		return fmt.Errorf("exit status %d: %s", code, &errs)
	}
	return nil
}

// ofTheReader is the workload that the reader of a tutorial writes.
const ofTheReader = "version"

// A message, an answer or a node's state in a transcript; behind three spaces the page may say
// what it means.
var (
	told      = regexp.MustCompile(`^n[0-9]+(→| answers | leader | follower | candidate )`)
	explained = regexp.MustCompile(`   .*$`)
)

// TestDocumentedTranscripts holds what the protocols' pages show of their transcripts against
// these.
func TestDocumentedTranscripts(t *testing.T) {
	for path, page := range pages(t) {
		if filepath.Dir(path) != "docs/protocols" {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		files, err := filepath.Glob("../../protocol/" + name + "/testdata/*.txt")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no transcripts: %v", path, err)
		}
		happens := map[string]bool{}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(string(text), "\n") {
				happens[line] = true
			}
		}
		shown := 0
		for _, block := range fences(page) {
			for i := block.first; i < block.last; i++ {
				if block.language != "" || !told.MatchString(page[i]) {
					continue
				}
				shown++
				if line := page[i]; !happens[line] && !happens[explained.ReplaceAllString(line, "")] {
					t.Errorf("%s:%d: no transcript of %s has %q", path, i+1, name, line)
				}
			}
		}
		if shown == 0 {
			t.Errorf("%s shows nothing of the transcripts of %s", path, name)
		}
	}
}
