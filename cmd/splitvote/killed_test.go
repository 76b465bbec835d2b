package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/splitvote/splitvote/internal/failure"
)

// A harness that is killed in mid-run loses no recorded operation and leaves nothing that clean
// does not find.
func TestAKilledHarnessLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts child processes")
	}
	dir := t.TempDir()
	env := append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"),
		"DOCKER_HOST=unix:///nonexistent/docker.sock")
	run := exec.Command(binary, "run", "--backend", "local", "--nodes", "3", "--faults", "partition", "--time-limit",
		"10m", "--store", dir)
	run.Env = env
	var said bytes.Buffer
	run.Stderr = &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	history := filepath.Join(dir, "latest", "history.jsonl")
	var before []byte
	await(t, "a hundred events in the history", func() bool {
		before, _ = os.ReadFile(history)
		return bytes.Count(before, []byte("\n")) >= 100
	})
	if len(nodesOf(t, dir)) != 3 {
		t.Errorf("%d node processes while the run is on, want 3", len(nodesOf(t, dir)))
	}
	if err := run.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait() // it was killed, and says so

	after, err := os.ReadFile(history)
	if err != nil || !bytes.HasPrefix(after, before) {
		t.Errorf("the history has lost events: %d bytes before, %d after, %v", len(before), len(after), err)
	}
	check := exec.Command(binary, "check", history)
	if out, err := check.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "VALID") {
		t.Errorf("check: %v\n%s", err, out)
	}

	clean := exec.Command(binary, "clean")
	clean.Env = env
	if out, err := clean.CombinedOutput(); err != nil || !strings.Contains(string(out), "removed ") {
		t.Errorf("clean: %v\n%s", err, out)
	}
	await(t, "the nodes' end", func() bool { return len(nodesOf(t, dir)) == 0 })
	if left, _ := filepath.Glob(filepath.Join(dir, "state", "splitvote", "local", "*")); len(left) > 0 {
		t.Errorf("clean left %v", left)
	}
}

// A run that is interrupted heals, keeps and judges what it has, tears down, and says that it was
// stopped.
func TestAnInterruptedRunIsJudged(t *testing.T) {
	if testing.Short() {
		t.Skip("starts child processes")
	}
	dir := t.TempDir()
	run := exec.Command(binary, "run", "--backend", "local", "--nodes", "3", "--faults", "pause", "--time-limit", "10m",
		"--store", dir)
	run.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	var out, errs bytes.Buffer
	run.Stdout, run.Stderr = &out, &errs
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	history := filepath.Join(dir, "latest", "history.jsonl")
	await(t, "a hundred events in the history", func() bool {
		text, _ := os.ReadFile(history)
		return bytes.Count(text, []byte("\n")) >= 100
	})
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := run.Wait()
	if run.ProcessState.ExitCode() != failure.ExitInternal ||
		!strings.Contains(errs.String(), "splitvote: stopped before the end") {
		t.Errorf("%v, want exit status %d and one clear line\n%s", err, failure.ExitInternal, errs.String())
	}
	if text, err := os.ReadFile(history); err != nil || !bytes.Contains(text, []byte(`"f":"heal-all"`)) {
		t.Errorf("the history has no healing: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "latest", "report.html")); err != nil {
		t.Errorf("no report: %v", err)
	}
	if left := nodesOf(t, dir); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}

// await waits until something is so, for a minute at most.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// nodesOf lists the node processes whose data lies below dir.
func nodesOf(t *testing.T, dir string) []string {
	t.Helper()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("no /proc to look for processes in")
	}
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var nodes []string
	for _, f := range files {
		line, err := os.ReadFile(f)
		if err != nil {
			continue // it has just ended
		}
		if args := strings.Split(string(line), "\x00"); len(args) > 1 && args[1] == "node" &&
			strings.Contains(string(line), dir) {
			nodes = append(nodes, strings.Join(args, " "))
		}
	}
	return nodes
}
