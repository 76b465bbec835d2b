package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/splitvote/splitvote/internal/failure"
)

// A member that ends by itself makes a run invalid, whatever its history says; one that somebody
// kills makes it a failed experiment, and not one without progress.
func TestMembersThatEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("starts child processes")
	}
	for name, tt := range map[string]struct {
		signal syscall.Signal
		flags  []string
		exit   int
		out    string
		errs   string
	}{
		"by themselves": {syscall.SIGSYS, []string{"--time-limit", "4s"}, failure.ExitInvalid,
			"ended by itself at ", ""},
		"by themselves, fail-fast": {syscall.SIGSYS, []string{"--fail-fast"}, failure.ExitInvalid,
			"ended by itself at ", ""},
		"by others": {syscall.SIGKILL, nil, failure.ExitInternal, "FAILED", "splitvote: the experiment is broken: n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run := exec.Command(binary, "run", "--backend", "local", "--nodes", "1", "--time-limit", "10m",
				"--store", dir, "--heal-limit", "1s")
			run.Args = append(run.Args, tt.flags...)
			run.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
			var out, errs bytes.Buffer
			run.Stdout, run.Stderr = &out, &errs
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			history := filepath.Join(dir, "latest", "history.jsonl")
			await(t, "some events in the history", func() bool {
				text, _ := os.ReadFile(history)
				return bytes.Count(text, []byte("\n")) >= 20
			})
			if err := syscall.Kill(pidsOf(t, dir)[0], tt.signal); err != nil {
				t.Fatal(err)
			}
			_ = run.Wait()
			if code := run.ProcessState.ExitCode(); code != tt.exit || !strings.Contains(out.String(), tt.out) ||
				!strings.Contains(errs.String(), tt.errs) {
				t.Errorf("exit status %d, want %d, %q and %q\n%s\n%s", code, tt.exit, tt.out, tt.errs, out.String(),
					errs.String())
			}
			for _, file := range []string{"results.json", "junit.xml", "report.html"} {
				text, err := os.ReadFile(filepath.Join(dir, "latest", file))
				if err != nil || tt.exit == failure.ExitInvalid && !bytes.Contains(text, []byte("SIGSYS: ")) {
					t.Errorf("%s does not hold the member's last words, %v", file, err)
				}
				if tt.exit == failure.ExitInternal && bytes.Contains(text, []byte("no progress")) {
					t.Errorf("%s finds no progress in a cluster that somebody else broke", file)
				}
			}
		})
	}
}

// pidsOf lists the numbers of the node processes whose data lies below dir.
func pidsOf(t *testing.T, dir string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(files) == 0 {
		t.Skip("no /proc to look for processes in")
	}
	var pids []int
	for _, f := range files {
		line, _ := os.ReadFile(f)
		if args := strings.Split(string(line), "\x00"); len(args) > 1 && args[1] == "node" &&
			strings.Contains(string(line), dir) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}
