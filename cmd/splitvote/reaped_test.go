package main

import (
	"bytes"
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/splitvote/splitvote/internal/failure"
)

// A harness that is killed at any moment leaves no process, container, network, mount or temporary
// file after 40 s, though nobody cleans, and has lost no event that it had recorded.
// SPLITVOTE_KILLS says how often it is killed, and SPLITVOTE_KILL_BACKEND where its nodes run:
// local, where nothing is said, or docker.
func TestKilledHarnessesLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts child processes")
	}
	kills, err := strconv.Atoi(cmp.Or(os.Getenv("SPLITVOTE_KILLS"), "4"))
	if err != nil {
		t.Fatal(err)
	}
	backend := cmp.Or(os.Getenv("SPLITVOTE_KILL_BACKEND"), "local")
	h := killable{backend: backend, dir: t.TempDir()}
	began := time.Now()
	// too short a run to be sure of faults
	if run := h.start(t); run.Wait() != nil && run.ProcessState.ExitCode() != failure.ExitUnknown {
		t.Fatalf("a run that nobody kills: %v", run.ProcessState)
	}
	whole := time.Since(began)
	h.nothingLeft(t)
	moments := rand.New(rand.NewPCG(7, 7))
	for i := range kills {
		at := whole * time.Duration(i) / time.Duration(kills)
		at += time.Duration(moments.Int64N(int64(whole) / int64(kills)))
		h = killable{backend: backend, dir: filepath.Join(t.TempDir(), "killed")}
		run := h.start(t)
		<-time.After(at)
		before := h.history()
		_ = run.Process.Signal(syscall.SIGKILL) // it may have ended already
		_ = run.Wait()
		if after := h.history(); !bytes.HasPrefix(after, before) ||
			bytes.Count(after, []byte("\n")) < bytes.Count(before, []byte("\n")) {
			t.Errorf("killed after %v: the history has lost events", at)
		}
		h.nothingLeft(t)
	}
	t.Logf("%d kills on %s within the %v that a run takes", kills, backend, whole.Round(time.Millisecond))
}

// killable is a run whose files all lie below one directory.
type killable struct {
	backend, dir string
	run          *exec.Cmd
}

func (h *killable) start(t *testing.T) *exec.Cmd {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(h.dir, "tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.run = exec.Command(binary, "run", "--backend", h.backend, "--nodes", "3", "--faults", "kill,partition,pause",
		"--fault-interval", "300ms", "--time-limit", "1s", "--heal-limit", "20s", "--store",
		filepath.Join(h.dir, "runs"))
	h.run.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(h.dir, "state"),
		"TMPDIR="+filepath.Join(h.dir, "tmp"))
	if err := h.run.Start(); err != nil {
		t.Fatal(err)
	}
	return h.run
}

func (h *killable) history() []byte {
	files, _ := filepath.Glob(filepath.Join(h.dir, "runs", "*", "2*", "history.jsonl"))
	if len(files) == 0 {
		return nil
	}
	text, _ := os.ReadFile(files[0])
	return text
}

func (h *killable) nothingLeft(t *testing.T) {
	t.Helper()
	var left []string
	deadline := time.Now().Add(40 * time.Second)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		if left = h.left(t); len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left after 40 s: %q", left)
		}
		<-again.C
	}
}

func (h *killable) left(t *testing.T) []string {
	t.Helper()
	var left []string
	for _, pattern := range []string{"tmp/*", "state/splitvote/local/*", "runs/.*", "runs/*/*/.*", "runs/*/*/data"} {
		found, err := filepath.Glob(filepath.Join(h.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, found...)
	}
	left = append(left, h.processes(t)...)
	if mounts, err := os.ReadFile("/proc/mounts"); err == nil && bytes.Contains(mounts, []byte(h.dir)) {
		left = append(left, "a mount")
	}
	if h.backend != "docker" {
		return left
	}
	label := "label=splitvote.pid=" + strconv.Itoa(h.run.Process.Pid)
	for _, list := range [][]string{{"ps", "-aq", "--no-trunc", "--filter", label},
		{"network", "ls", "-q", "--filter", label}} {
		out, err := exec.Command("docker", list...).Output()
		if err != nil {
			t.Fatalf("docker %v: %v", list, err)
		}
		left = append(left, strings.Fields(string(out))...)
	}
	return left
}

// processes are those that have the run's directory in their environment, as the harness and all
// that it starts have.
func (h *killable) processes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range files {
		if environment, err := os.ReadFile(f); err == nil && bytes.Contains(environment, []byte("TMPDIR="+h.dir+"/")) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// stubborn is a service whose members are idle and whose client programs do not notice that their
// input has ended.
const stubborn = `
local: {command: [sleep, "600"]}
client: [sh, -c, 'read ready; echo "{\"type\": \"ok\"}"; exec sleep 599']
objects: {register: {read, write}}
`

// A killed harness leaves no client program, even one that does not read its input.
func TestKilledHarnessesEndTheirClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts child processes")
	}
	h := killable{backend: "local", dir: t.TempDir()}
	file := filepath.Join(h.dir, "stubborn.yaml")
	made := os.Mkdir(filepath.Join(h.dir, "tmp"), 0o755)
	if err := errors.Join(made, os.WriteFile(file, []byte(stubborn), 0o644)); err != nil {
		t.Fatal(err)
	}
	h.run = exec.Command(binary, "run", "--target", file, "--workload", "read-write", "--nodes", "1",
		"--time-limit", "10m", "--store", filepath.Join(h.dir, "runs"))
	h.run.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(h.dir, "state"),
		"TMPDIR="+filepath.Join(h.dir, "tmp"))
	if err := h.run.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "a client program that is busy", func() bool {
		busy := func(line string) bool { return strings.HasPrefix(line, "sleep 599") }
		return slices.ContainsFunc(h.processes(t), busy)
	})
	_ = h.run.Process.Kill()
	_ = h.run.Wait()
	h.nothingLeft(t)
}

// Clean beside a run that is under way leaves it alone, and says so.
func TestCleanSparesLiveRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("starts child processes")
	}
	h := killable{backend: "local", dir: t.TempDir()}
	run := h.start(t)
	await(t, "some events in the history", func() bool { return bytes.Count(h.history(), []byte("\n")) > 10 })
	for range 3 {
		clean := exec.Command(binary, "clean")
		clean.Env = append(h.run.Env, "DOCKER_HOST=unix:///nonexistent/docker.sock")
		out, err := clean.CombinedOutput()
		if err != nil || !strings.Contains(string(out),
			"is still under way in pid "+strconv.Itoa(run.Process.Pid)+": left alone") ||
			!strings.Contains(string(out), "removed 0 processes") {
			t.Errorf("clean: %v\n%s", err, out)
		}
	}
	if err := run.Wait(); err != nil && run.ProcessState.ExitCode() != failure.ExitUnknown {
		t.Errorf("the run that was under way: %v", err)
	}
}
