package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// leftovers are what no Go file may hold. The patterns are split so that this file does not hold
// them itself.
var leftovers = []struct {
	pattern *regexp.Regexp
	in      string // suffix of the files concerned
	remedy  string
}{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b`), ".go",
		"do it, or say in the README that it is not done"},
	{regexp.MustCompile(`time\.Sle` + `ep\(`), "_test.go",
		"wait for the thing itself, or use testing/synctest or the simulator"},
	{regexp.MustCompile(`return in` + `t\(\w+\.(\w+\.)?(Time|From|To|at|Start|Stop) - `), ".go",
		"cmp.Compare: a difference of times overflows 32 bits"},
	{regexp.MustCompile(`func in` + `it\(\)`), ".go", "no registries: a literal table, or a value that is passed"},
}

func TestNothingIsLeftBehind(t *testing.T) {
	files := 0
	walk(t, func(path string, text string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		files++
		virtual := strings.Contains(text, `"testing/synctest"`) // there, a sleep is in virtual time
		for n, line := range strings.Split(text, "\n") {
			for _, l := range leftovers {
				if virtual && l.in == "_test.go" {
					continue
				}
				if strings.HasSuffix(path, l.in) && l.pattern.MatchString(line) {
					t.Errorf("%s:%d: %s: %s", path, n+1, l.pattern.FindString(line), l.remedy)
				}
			}
		}
		if lines := strings.Count(text, "\n"); lines > 800 {
			t.Errorf("%s has %d lines: a file is one idea; split it", path, lines)
		}
	})
	if files == 0 {
		t.Fatal("found no Go file")
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksInMarkdownLeadSomewhere(t *testing.T) {
	walk(t, func(path string, text string) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		titles := 0
		fenced := false
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
			}
			if !fenced && strings.HasPrefix(line, "# ") {
				titles++
			}
		}
		if titles != 1 {
			t.Errorf("%s has %d titles (lines starting with one #), want one", path, titles)
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	})
}

// walk visits the Go and Markdown files of the repository, those of testdata aside, by their paths
// from the root.
func walk(t *testing.T, visit func(path, text string)) {
	t.Helper()
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if rel == ".git" || rel == "runs" || rel == "bin" || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".md" {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		visit(rel, string(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
