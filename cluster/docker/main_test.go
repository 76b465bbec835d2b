package docker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/targets/bundled"
)

// scratch holds the binary that the images are made of.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "splitvote-docker")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	err = errors.Join(run(m, dir), os.RemoveAll(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs the tests, and then looks for what they left: an image, goroutines.
func run(m *testing.M, dir string) (err error) {
	ctx := context.Background()
	if docker.Available(ctx) == nil {
		if wire, err = relayTo(docker.Host(), dir); err != nil {
			return err
		}
	}
	before := goleak.IgnoreCurrent()
	if code := m.Run(); code != 0 {
		err = fmt.Errorf("exit status %d", code)
	}
	if path := filepath.Join(dir, "splitvote"); exists(path) {
		err = errors.Join(err, docker.RemoveImage(ctx, path))
	}
	wire.cut(true)
	return errors.Join(err, goleak.Find(before))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// binary is splitvote as an image wants it, built once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "splitvote")
	build := exec.Command("go", "build", "-o", path, "../../cmd/splitvote")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// engine is what tests ask beside the cluster. Where no engine answers, the test is skipped by
// name.
func engine(t *testing.T) *client.Client {
	t.Helper()
	if err := docker.Available(t.Context()); err != nil {
		t.Skip(err)
	}
	c, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func options(t *testing.T) docker.Options {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return docker.Options{Executable: path}
}

// runName is unique to a test of this process.
func runName(t *testing.T) string {
	return fmt.Sprintf("%s-%d", strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())), os.Getpid())
}

func config(t *testing.T, target cluster.Target) cluster.Config {
	cfg := cluster.Config{
		Target: target, Nodes: []history.NodeID{"n1", "n2", "n3"}, Object: "register", Options: map[string]string{},
		Seed: 1, Retry: cluster.DefaultRetry, Tick: 25 * time.Millisecond, Dir: t.TempDir(), Run: runName(t),
		Log: io.Discard,
	}
	for _, o := range raft.Protocol().Options {
		cfg.Options[o.Name] = o.Default
	}
	return cfg
}

func raftTarget() cluster.Target { return bundled.New(raft.Protocol()) }

// open starts a cluster of the test's own, and checks that nothing is left of it afterwards.
func open(t *testing.T, e *client.Client, cfg cluster.Config) *docker.Cluster {
	t.Helper()
	c, err := docker.Open(t.Context(), cfg, options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if left := left(t, e, cfg.Run); len(left) > 0 {
			t.Errorf("close left %v", left)
		}
	})
	return c
}

// left lists the containers and networks of a run.
func left(t *testing.T, e *client.Client, run string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	label := client.Filters{}.Add("label", "splitvote.run="+run)
	containers, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: label})
	if err != nil {
		t.Fatal(err)
	}
	networks, err := e.NetworkList(ctx, client.NetworkListOptions{Filters: label})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range containers.Items {
		names = append(names, c.Names...)
	}
	for _, n := range networks.Items {
		names = append(names, n.Name)
	}
	return names
}

// launched is a target whose nodes are started otherwise.
type launched struct {
	cluster.Target
	change func(*cluster.Launch)
}

func (l launched) Launch(m cluster.Member) cluster.Launch {
	launch := l.Target.Launch(m)
	l.change(&launch)
	return launch
}

// log is a writer for several goroutines.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func addressOf(t *testing.T, c *docker.Cluster, id history.NodeID) string {
	t.Helper()
	addr, err := docker.AddressOf(c, id)
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
