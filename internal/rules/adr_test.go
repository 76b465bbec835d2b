package rules_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The index of decisions has a line for every number from 0001 on: the title of its file, or why
// there is no file.
func TestDecisionsAreIndexed(t *testing.T) {
	const dir = "../../docs/adr/"
	index, err := os.ReadFile(dir + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{} // by number
	for _, e := range entries {
		number, _, ok := strings.Cut(e.Name(), "-")
		if e.Name() == "README.md" {
			continue
		}
		if _, twice := files[number]; !ok || len(number) != 4 || twice {
			t.Errorf("docs/adr/%s: want NNNN-title.md, and each number once", e.Name())
		}
		files[number] = e.Name()
	}
	row := regexp.MustCompile(`(?m)^\| (?:\[(\d{4})\]\(([^)]*)\)|(\d{4})) \| (.*) \|$`)
	next := 0
	for _, m := range row.FindAllStringSubmatch(string(index), -1) {
		next++
		number := m[1] + m[3]
		if number != fourDigits(next) {
			t.Fatalf("docs/adr/README.md has %s where %s comes next: every number has a row", number, fourDigits(next))
		}
		if m[2] != files[number] {
			t.Errorf("docs/adr/README.md: %s links to %q, want %q", number, m[2], files[number])
		}
		if file := files[number]; file != "" {
			text, err := os.ReadFile(dir + file)
			if err != nil {
				t.Fatal(err)
			}
			if title, _, _ := strings.Cut(string(text), "\n"); title != "# "+number+" "+m[4] {
				t.Errorf("docs/adr/%s is titled %q, and the index says %q", file, title, m[4])
			}
		} else if len(m[4]) < 40 {
			t.Errorf("docs/adr/README.md does not explain why there is no %s", number)
		}
		delete(files, number)
	}
	for _, file := range files {
		t.Errorf("docs/adr/%s is not in docs/adr/README.md", file)
	}
}

func fourDigits(n int) string { return fmt.Sprintf("%04d", n) }
