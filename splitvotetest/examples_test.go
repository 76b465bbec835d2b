package splitvotetest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run runs go in another module, with its environment and what is to be added to it. Its go.mod is
// brought up to date in a copy.
func run(t *testing.T, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "go.mod")
	for _, ext := range []string{"mod", "sum"} {
		text, err := os.ReadFile(filepath.Join(dir, "go."+ext))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(strings.TrimSuffix(copied, "mod")+ext, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append([]string{args[0], "-mod=mod", "-modfile=" + copied}, args[1:]...)...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "GOFLAGS="), env...)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// The README's test compiles and passes as it stands, in a module that requires and replaces ours.
func TestTheReadmesExample(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, test, _ := strings.Cut(string(readme), "```go\npackage store\n")
	test, _, _ = strings.Cut("package store\n"+test, "```")
	store, err := os.ReadFile("testdata/readme/store.go")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"store.go": string(store), "store_test.go": test, "go.sum": string(sums),
		"go.mod": fmt.Sprintf("module example.com/store\n\ngo 1.26.0\n\n"+
			"require github.com/splitvote/splitvote v0.0.0\n\n"+
			"replace github.com/splitvote/splitvote => %s\n", root),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := run(t, dir, nil, "test", "-v", "./...")
	if err != nil || !strings.Contains(text, "VALID  read-write") {
		t.Errorf("%v\n%s", err, text)
	}
}

// The examples pass, and their planted bugs are found.
func TestExamples(t *testing.T) {
	for _, test := range []struct{ dir, bug, test, want string }{
		{"raft", "STALE=1", "TestStaleReads", "INVALID  read-write on raftstore"},
		{"sharded", "CARELESS=1", "TestCareless", "not linearizable"},
	} {
		t.Run(test.dir, func(t *testing.T) {
			dir := filepath.Join("../examples", test.dir)
			if text, err := run(t, dir, nil, "test", "./..."); err != nil {
				t.Errorf("the correct build: %v\n%s", err, text)
			}
			text, err := run(t, dir, []string{test.bug}, "test", "-run", test.test, "./...")
			if err == nil || !strings.Contains(text, test.want) {
				t.Errorf("the planted bug: %v\n%s", err, text)
			}
		})
	}
}
