package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/local"
	"github.com/splitvote/splitvote/history"
)

var nodes = []history.NodeID{"n1", "n2", "n3"}

func config(dir, state, mode string) local.Config {
	return local.Config{
		Config: cluster.Config{
			Target: fake{mode}, Nodes: nodes, Object: "register", Retry: cluster.DefaultRetry, Dir: dir, Run: "test",
			Log: io.Discard,
		},
		State: state,
	}
}

func open(t *testing.T, c local.Config) *local.Cluster {
	t.Helper()
	l, err := local.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

var process history.Process

// ask has a node say something, as a process of its own.
func asked(t *testing.T, l *local.Cluster, node history.NodeID, f string) string {
	t.Helper()
	process++
	l.Invoke(history.Op{Process: process, F: f, Node: node})
	op, ok := l.Next(t.Context(), l.Now()+10*time.Second)
	if !ok || op.Kind != history.Ok || op.Node != node {
		t.Fatalf("%s of %s: %+v, %v", f, node, op, ok)
	}
	return string(op.Value)
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// running is like alive, but not of a process that has ended and that its parent, not we, must
// wait for.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return alive(pid) && (err != nil || !bytes.Contains(stat, []byte(") Z ")))
}

// pid asks a node for the number of its process.
func pid(t *testing.T, l *local.Cluster, node history.NodeID) int {
	t.Helper()
	n, err := strconv.Atoi(asked(t, l, node, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// eventually asks until the answer is yes. The test's own deadline ends it.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !yes(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

func proved(t *testing.T, p cluster.Proof, err error, bit bool, text string) {
	t.Helper()
	if err != nil || p.Bit != bit || !regexp.MustCompile("^"+text+"$").MatchString(p.Text) {
		t.Errorf("proof %v %q, %v, want %v %q", p.Bit, p.Text, err, bit, text)
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestKillAndStart(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	l := open(t, config(dir, state, ""))
	before := pid(t, l, "n2")
	p, err := l.Kill(t.Context(), "n2")
	proved(t, p, err, true, fmt.Sprintf("pid %d is gone, signal: killed", before))
	if alive(before) {
		t.Error("the process is still there")
	}
	p, err = l.Kill(t.Context(), "n2")
	proved(t, p, err, false, "n2 was down already")
	p, err = l.Pause(t.Context(), "n2")
	proved(t, p, err, false, "n2 is down")
	p, err = l.Start(t.Context(), "n2")
	proved(t, p, err, true, fmt.Sprintf(`was down since pid %d; pid \d+ serves`, before))
	p, err = l.Start(t.Context(), "n2")
	proved(t, p, err, false, "n2 was up already")
	if got := asked(t, l, "n2", "starts"); got != "2" {
		t.Errorf("n2 was started %s times, by its directory, want 2", got)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "nodes", "n2.log")); err != nil ||
		string(text) != "n2 serves\nn2 serves\n" {
		t.Errorf("its log is %q, %v", text, err)
	}
	if _, err := l.Kill(t.Context(), "n9"); err == nil || err.Error() != "no node n9" {
		t.Errorf("got %v", err)
	}
	pids := []int{pid(t, l, "n1"), pid(t, l, "n2"), pid(t, l, "n3")}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, p := range pids {
		if alive(p) {
			t.Errorf("pid %d is still there after close", p)
		}
	}
	if d := cmp.Diff([]string{"nodes"}, entries(t, dir)); d != "" {
		t.Errorf("left in the directory of the run (-want +got):\n%s", d)
	}
	if left := entries(t, filepath.Join(state, "local")); len(left) > 0 {
		t.Errorf("left of ledgers: %v", left)
	}
}

func TestPauseAndResume(t *testing.T) {
	l := open(t, config("", t.TempDir(), ""))
	p, err := l.Pause(t.Context(), "n1")
	proved(t, p, err, true, `all \d+ threads of pid \d+ stand still`)
	p, err = l.Pause(t.Context(), "n1")
	proved(t, p, err, false, "n1 was paused already")
	p, err = l.Resume(t.Context(), "n1")
	proved(t, p, err, true, `all \d+ threads of pid \d+ stood still till now, and go on`)
	p, err = l.Resume(t.Context(), "n1")
	proved(t, p, err, false, "n1 was not paused")
	if got := asked(t, l, "n1", "starts"); got != "1" {
		t.Errorf("n1 was started %s times", got)
	}
	if _, err := l.Pause(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	p, err = l.Kill(t.Context(), "n1")
	proved(t, p, err, true, `pid \d+ is gone, signal: killed`)
	if _, err := l.Pause(t.Context(), "n2"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil { // a paused node is woken to end
		t.Error(err)
	}
}

// Every shape of a partition is what the grudge says: nodes hear those whom they are not cut off
// from, and nobody else.
func TestPartitions(t *testing.T) {
	l := open(t, config("", t.TempDir(), ""))
	tests := []struct {
		name  string
		cut   history.Grudge
		links int
		want  map[history.NodeID]string
	}{
		{"whole", nil, 0, map[history.NodeID]string{"n1": `["n2","n3"]`, "n2": `["n1","n3"]`, "n3": `["n1","n2"]`}},
		{"one", history.Grudge{"n1": {"n2", "n3"}, "n2": {"n1"}, "n3": {"n1"}}, 4,
			map[history.NodeID]string{"n1": `null`, "n2": `["n3"]`, "n3": `["n2"]`}},
		{"one way", history.Grudge{"n1": {"n2", "n3"}}, 2,
			map[history.NodeID]string{"n1": `null`, "n2": `["n1","n3"]`, "n3": `["n1","n2"]`}},
		{"ring", history.Grudge{"n1": {"n2"}, "n2": {"n3"}, "n3": {"n1"}}, 3,
			map[history.NodeID]string{"n1": `["n3"]`, "n2": `["n1"]`, "n3": `["n2"]`}},
		{"bridge", history.Grudge{"n1": {"n3"}, "n3": {"n1"}}, 2,
			map[history.NodeID]string{"n1": `["n2"]`, "n2": `["n1","n3"]`, "n3": `["n2"]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := map[history.NodeID]map[string]bool{}
			for n, text := range tt.want {
				want[n] = map[string]bool{}
				collect(t, want[n], text)
			}
			eventually(t, "something is lost on every link", func() bool {
				p, err := l.Partition(t.Context(), tt.cut)
				proved(t, p, err, tt.links > 0, fmt.Sprintf("%d links cut", tt.links))
				hearOnly(t, l, want)
				p, err = l.Heal(t.Context())
				if p.Bit == (tt.links > 0) {
					proved(t, p, err, p.Bit, fmt.Sprintf(`\d+ messages dropped on \d+ of %d links`, tt.links))
				}
				return strings.HasSuffix(p.Text, fmt.Sprintf("on %[1]d of %[1]d links", tt.links))
			})
		})
	}
	p, err := l.Heal(t.Context())
	proved(t, p, err, false, "0 messages dropped on 0 of 0 links")
}

func TestHold(t *testing.T) {
	l := open(t, config("", t.TempDir(), ""))
	eventually(t, "something is held", func() bool {
		p, err := l.Hold(t.Context(), history.Grudge{"n1": {"n2", "n3"}})
		proved(t, p, err, true, "2 links held")
		asked(t, l, "n1", "heard")
		eventually(t, "hearing nobody", func() bool { return asked(t, l, "n1", "heard") == "null" })
		p, err = l.Release(t.Context())
		if p.Bit {
			proved(t, p, err, true, `\d+ messages held back on [12] of 2 links`)
		}
		return p.Bit
	})
	eventually(t, "hearing somebody", func() bool { return asked(t, l, "n1", "heard") != "null" })
	p, err := l.Release(t.Context())
	proved(t, p, err, false, "0 messages held back on 0 of 0 links")
}

// hearOnly waits until each node hears those who are wanted and nobody else. What a node had in its
// socket when a cut began it may hear afterwards, but not again and again.
func hearOnly(t *testing.T, l *local.Cluster, want map[history.NodeID]map[string]bool) {
	t.Helper()
	heard := map[history.NodeID]map[string]bool{}
	eventually(t, "hearing those, and nobody else, who can be heard", func() bool {
		for _, n := range nodes {
			if heard[n] == nil {
				heard[n] = map[string]bool{}
			}
			collect(t, heard[n], asked(t, l, n, "heard"))
		}
		for n := range want {
			if len(heard[n]) > len(want[n]) {
				clear(heard)
				return false
			}
		}
		return cmp.Equal(want, heard)
	})
}

// collect adds a JSON list to a set.
func collect(t *testing.T, to map[string]bool, list string) {
	t.Helper()
	var names []string
	if err := json.Unmarshal([]byte(list), &names); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		to[n] = true
	}
}

func TestLinks(t *testing.T) {
	l := open(t, config("", t.TempDir(), ""))
	eventually(t, "something is lost", func() bool {
		p, err := l.SetLinks(t.Context(), cluster.Link{Loss: 1})
		proved(t, p, err, true, "every link between nodes set")
		eventually(t, "hearing nobody", func() bool { return asked(t, l, "n1", "heard") == "null" })
		p, err = l.SetLinks(t.Context(), cluster.Link{})
		if p.Bit {
			proved(t, p, err, true, `of \d+ messages \d+ lost, 0 repeated, 0 overtaken`)
		}
		return p.Bit
	})
	eventually(t, "hearing somebody", func() bool { return asked(t, l, "n1", "heard") != "null" })
	if _, err := l.SetLinks(t.Context(), cluster.Link{Loss: 2}); err == nil {
		t.Error("a ratio of 2 was taken")
	}
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A node that does not come up fails Open in one line, with its last words beside it; nothing is
// left.
func TestOpenFails(t *testing.T) {
	tests := []struct {
		name, mode, executable string
		want                   string // pattern
		log                    []string
	}{
		{"exits", "exit n2", "", `start n2: ended before it was ready, exit status 1`,
			[]string{"about to fail", "no such luck"}},
		{"never ready", "never n3", "", `start n3: not ready after 2s: /ready answers 503 Service Unavailable`,
			[]string{"n3 serves"}},
		{"an image", "image", "", `start n\d: target fake is the image fake:1, and local runs no images`, nil},
		{"no launch", "impossible", "", `start n\d: line 3: no such field`, nil},
		{"no binary", "", "/nowhere/splitvote",
			`start n\d: fork/exec /nowhere/splitvote: no such file or directory`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			state := t.TempDir()
			c := config(t.TempDir(), state, tt.mode)
			c.Executable = tt.executable
			if tt.name == "never ready" {
				c.Ready = 2 * time.Second
				c.Nodes = []history.NodeID{"n3"}
			}
			_, err := local.Open(t.Context(), c)
			if err == nil || !regexp.MustCompile("^"+tt.want+"$").MatchString(err.Error()) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			var said []string
			if failed := new(local.NodeError); errors.As(err, &failed) {
				said = failed.Log
			}
			if d := cmp.Diff(tt.log, said); d != "" {
				t.Errorf("it last said (-want +got):\n%s", d)
			}
			if left := entries(t, filepath.Join(state, "local")); len(left) > 0 {
				t.Errorf("left of ledgers: %v", left)
			}
		})
	}
}

// A target may bring a program of its own, in a directory of its own, and want one port for all;
// where it names no endpoint it is ready when it tells its status.
func TestProgramOfItsOwn(t *testing.T) {
	c := config(t.TempDir(), t.TempDir(), "own")
	c.Executable = "/nowhere/splitvote"
	l := open(t, c)
	if got := asked(t, l, "n2", "place"); got != `"/ true true"` {
		t.Errorf("a member is at %s", got)
	}
}

// A node that is started again and cannot serve yet, because it needs others that it cannot reach,
// goes on trying.
func TestStartOfTheSlow(t *testing.T) {
	c := config(t.TempDir(), t.TempDir(), "once n1")
	c.Ready = 5 * time.Second
	l := open(t, c)
	if _, err := l.Kill(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	p, err := l.Start(t.Context(), "n1")
	proved(t, p, err, true, `was down since pid \d+; pid \d+ runs, but does not serve yet`)
	p, err = l.Kill(t.Context(), "n1")
	proved(t, p, err, true, `pid \d+ is gone, signal: killed`)
}

// Open that is interrupted tears down what it has started.
func TestOpenInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := local.Open(ctx, config(dir, t.TempDir(), "never n2"))
		done <- err
	}()
	eventually(t, "n2 says that it serves", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "nodes", "n2.log"))
		return strings.Contains(string(text), "serves")
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff([]string{"nodes"}, entries(t, dir)); d != "" {
		t.Errorf("left in the directory of the run (-want +got):\n%s", d)
	}
}

// exits are those that a cluster has told of.
type exits struct {
	mu   sync.Mutex
	told []cluster.Exit
}

func (e *exits) tell(x cluster.Exit) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = append(e.told, x)
}

func (e *exits) all() []cluster.Exit {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.told)
}

// A node that ends by itself is told of, and so is one that others end; that it was killed or
// closed is no news.
func TestExits(t *testing.T) {
	by := func(signal syscall.Signal) func(*testing.T, *local.Cluster) {
		return func(t *testing.T, l *local.Cluster) {
			if err := syscall.Kill(pid(t, l, "n2"), signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		mode    string
		end     func(*testing.T, *local.Cluster)
		how     string
		outside string
		log     []string
	}{
		"by itself": {"", func(_ *testing.T, l *local.Cluster) {
			process++
			l.Invoke(history.Op{Process: process, F: "die", Node: "n2"})
		}, "exit status 1", "", []string{"n2 serves", "told to die"}},
		"when it is started again": {"again n2", func(t *testing.T, l *local.Cluster) {
			if _, err := l.Kill(t.Context(), "n2"); err != nil {
				t.Fatal(err)
			}
			p, err := l.Start(t.Context(), "n2")
			proved(t, p, err, true, `was down since pid \d+; pid \d+ ended again, exit status 3`)
		}, "exit status 3", "", []string{"not again"}},
		"by a fault of its own": {"", by(syscall.SIGSYS), "exit status 2", "", nil},
		"killed by others": {"", by(syscall.SIGKILL), "signal: killed", "was killed from outside the run",
			[]string{"n2 serves"}},
		"ended by others": {"", by(syscall.SIGTERM), "signal: terminated", "was killed from outside the run",
			[]string{"n2 serves"}},
	} {
		t.Run(name, func(t *testing.T) {
			var said lines
			var told exits
			c := config(t.TempDir(), t.TempDir(), tt.mode)
			c.Log, c.OnExit = &said, told.tell
			l := open(t, c)
			if _, err := l.Kill(t.Context(), "n1"); err != nil { // which is no news
				t.Fatal(err)
			}
			tt.end(t, l)
			eventually(t, "the news", func() bool { return len(told.all()) == 1 })
			e := told.all()[0]
			if e.Node != "n2" || !regexp.MustCompile("^"+tt.how+"$").MatchString(e.How) || e.Outside != tt.outside ||
				e.At <= 0 || e.File != filepath.Join(c.Dir, "nodes", "n2.log") ||
				(e.Err() != nil) != (tt.outside != "") {
				t.Errorf("told %+v", e)
			}
			if d := cmp.Diff(tt.log, e.Log); d != "" && tt.log != nil {
				t.Errorf("it last said (-want +got):\n%s", d)
			}
			if len(tt.log) > 0 && !strings.HasSuffix(said.String(), ":\n  "+strings.Join(tt.log, "\n  ")+"\n") {
				t.Errorf("logged %q", said.String())
			}
			p, err := l.Kill(t.Context(), "n2")
			proved(t, p, err, false, "n2 was down already")
			before := said.String()
			if err := l.Close(); err != nil || len(told.all()) != 1 || said.String() != before {
				t.Errorf("close: %v; told %+v; logged %q", err, told.all(), said.String())
			}
		})
	}
}

// A signal that a process gets for a fault of its own is its own; one that others send is theirs.
func TestWhoSentTheSignal(t *testing.T) {
	l := open(t, config("", t.TempDir(), ""))
	for signal, own := range map[syscall.Signal]bool{
		syscall.SIGSEGV: true, syscall.SIGABRT: true, syscall.SIGBUS: true, syscall.SIGXCPU: true,
		syscall.SIGKILL: false, syscall.SIGTERM: false, syscall.SIGINT: false, syscall.SIGHUP: false,
	} {
		if got := local.Outside(l, syscall.WaitStatus(signal)); (got == "") != own {
			t.Errorf("%v: %q", signal, got)
		}
	}
}

// L4: a node whose port was taken while it was down is started elsewhere, and is found there by
// peers and clients.
func TestBusyPort(t *testing.T) {
	var log lines
	c := config("", t.TempDir(), "")
	c.Log = &log
	l := open(t, c)
	addr := l.Addr("n1")
	if _, err := l.Kill(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	thief, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	if _, err := l.Start(t.Context(), "n1"); err != nil {
		t.Fatal(err)
	}
	if l.Addr("n1") == addr {
		t.Errorf("n1 is still at %s, which is not its own", addr)
	}
	if got, want := log.String(), "start n1: port "+addr+" is taken by another process: n1 moves\n"; got != want {
		t.Errorf("logged %q, want %q", got, want)
	}
	asked(t, l, "n1", "heard")
	eventually(t, "hearing the others", func() bool { return asked(t, l, "n1", "heard") == `["n2","n3"]` })
	asked(t, l, "n2", "heard")
	eventually(t, "being heard", func() bool { return strings.Contains(asked(t, l, "n2", "heard"), "n1") })
}

// A node that does not end when it is asked to is killed.
func TestCloseOfTheDeaf(t *testing.T) {
	c := config("", t.TempDir(), "deaf")
	c.Nodes = nodes[:1]
	l := open(t, c)
	p := pid(t, l, "n1")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if alive(p) {
		t.Errorf("pid %d is still there after close", p)
	}
}

func TestKeep(t *testing.T) {
	c := config(t.TempDir(), t.TempDir(), "")
	c.Nodes, c.Keep = nodes[:1], true
	l := open(t, c)
	l.Close()
	if d := cmp.Diff([]string{"starts"}, entries(t, filepath.Join(c.Dir, "data", "n1"))); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
}

func TestStateDir(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", "/tmp")
	fallback := fmt.Sprintf("/tmp/splitvote-%d", os.Getuid())
	for _, tt := range []struct{ name, xdg, home, want string }{
		{"as the system says", dir, "/nowhere", filepath.Join(dir, "splitvote")},
		{"at home", "", dir, filepath.Join(dir, ".local/state/splitvote")},
		{"a relative path is none", "state", dir, filepath.Join(dir, ".local/state/splitvote")},
		{"no home", "", "", fallback},
		{"a home that cannot be written", "", file, fallback},
	} {
		t.Setenv("XDG_STATE_HOME", tt.xdg)
		t.Setenv("HOME", tt.home)
		if got := local.StateDir(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// fakeHarness opens a cluster, says its nodes' pids, and stays.
func fakeHarness(args []string) {
	l, err := local.Open(context.Background(), config(args[0], args[1], ""))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i, n := range nodes {
		l.Invoke(history.Op{Process: history.Process(i), F: "pid", Node: n})
		op, _ := l.Next(context.Background(), time.Minute)
		fmt.Println(string(op.Value))
	}
	select {}
}

// L3: a harness that is killed leaves no process; Clean removes what it leaves, and touches no run
// under way.
func TestHarnessKilled(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	harness := exec.Command(os.Args[0], "fake-harness", dir, state)
	out, err := harness.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := harness.Start(); err != nil {
		t.Fatal(err)
	}
	defer harness.Process.Kill()
	pids := make([]int, len(nodes))
	for i := range pids {
		if _, err := fmt.Fscan(out, &pids[i]); err != nil {
			t.Fatal(err)
		}
	}
	var log lines
	if n, err := local.Clean(state, &log); n != 0 || err != nil {
		t.Errorf("clean of a run under way killed %d, %v", n, err)
	}
	if want := fmt.Sprintf("run test is still under way in pid %d: left alone\n",
		harness.Process.Pid); log.String() != want {
		t.Errorf("clean said %q, want %q", log.String(), want)
	}
	harness.Process.Kill()
	harness.Wait()
	eventually(t, "the nodes are gone", func() bool {
		if _, err := local.Clean(state, io.Discard); err != nil {
			t.Fatal(err)
		}
		for _, p := range pids {
			if running(p) {
				return false
			}
		}
		return true
	})
	if left := append(entries(t, filepath.Join(state, "local")),
		entries(t, filepath.Join(dir, "data"))...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// Clean kills whom the ledger of a dead harness names, but nobody who only has the same number.
func TestClean(t *testing.T) {
	c := config("", t.TempDir(), "")
	var log lines
	c.Log = &log
	l := open(t, c)
	pids := map[string]int{"n1": pid(t, l, "n1"), "n2": pid(t, l, "n2"), "n3": pid(t, l, "n3")}
	state, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	if err := errors.Join(os.Mkdir(filepath.Join(state, "local"), 0o755), os.Mkdir(data, 0o755)); err != nil {
		t.Fatal(err)
	}
	ledgers := entries(t, filepath.Join(c.State, "local"))
	if len(ledgers) != 1 {
		t.Fatalf("ledgers %v, want one", ledgers)
	}
	text, err := os.ReadFile(filepath.Join(c.State, "local", ledgers[0]))
	if err != nil {
		t.Fatal(err)
	}
	var forged []byte
	for line := range strings.Lines(string(text)) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		switch e["node"] {
		case nil:
			e["started"], e["data"], e["mark"] = "long ago", data, "NOBODY_HAS=this"
		case "n2":
			e["started"] = "long ago"
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		forged = append(append(forged, line...), '\n')
	}
	if err := os.WriteFile(filepath.Join(state, "local", "1-2.jsonl"), forged, 0o644); err != nil {
		t.Fatal(err)
	}
	var said lines
	if n, err := local.Clean(state, &said); n != 2 || err != nil {
		t.Errorf("clean killed %d, %v, want 2", n, err)
	}
	if running(pids["n1"]) || !running(pids["n2"]) || running(pids["n3"]) {
		t.Errorf("running: n1 %v, n2 %v, n3 %v, want n2 alone", running(pids["n1"]), running(pids["n2"]),
			running(pids["n3"]))
	}
	for _, n := range []string{"n1", "n3"} {
		if want := fmt.Sprintf("killed %s of run test, pid %d\n", n, pids[n]); !strings.Contains(said.String(), want) {
			t.Errorf("clean said %q, want %q in it", said.String(), want)
		}
	}
	if left := append(entries(t, filepath.Join(state, "local")), entries(t, filepath.Dir(data))...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if n, err := local.Clean(filepath.Join(state, "nowhere"), io.Discard); n != 0 || err != nil {
		t.Errorf("clean of nothing: %d, %v", n, err)
	}
}
