package linear_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// Porcupine's own test data, with the verdicts of Porcupine's own tests.
func TestPorcupinesLogs(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/anishathalye/porcupine").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skip("the module's files are not here")
	}
	tests, err := os.ReadFile(filepath.Join(dir, "porcupine_test.go"))
	if err != nil {
		t.Skip(err)
	}
	logs := 0
	judge := func(model, file string, correct string) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, err := os.Open(filepath.Join(dir, "test_data", file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			h, err := history.Decode(f, history.Auto)
			if err != nil {
				t.Fatal(err)
			}
			judge, err := linear.New(model, linear.Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]checker.Verdict{"true": checker.Valid, "false": checker.Invalid}[correct]
			if got := judge.Check(context.Background(), h); got.Verdict != want {
				t.Errorf("%v by %s (%s), want %v", got.Verdict, got.Method, got.Reason, want)
			}
			logs++
		})
	}
	for _, m := range regexp.MustCompile(`checkJepsen\(t, (\d+), (true|false)\)`).
		FindAllStringSubmatch(string(tests), -1) {
		judge("cas-register", fmt.Sprintf("jepsen/etcd_%03s.log", m[1]), m[2])
	}
	for _, m := range regexp.MustCompile(`checkKv\(t, "(.*)", (true|false), true\)`).
		FindAllStringSubmatch(string(tests), -1) {
		judge("kv", "kv/"+m[1]+".txt", m[2])
	}
	if logs < 100 {
		t.Errorf("only %d logs were judged", logs)
	}
}
