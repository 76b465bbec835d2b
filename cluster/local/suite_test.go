package local_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/clustertest"
	"github.com/splitvote/splitvote/cluster/local"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/targets/bundled"
)

// build makes the binary whose nodes are run.
func build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "splitvote")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/splitvote").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// raftConfig is a cluster of Raft with its options' defaults.
func raftConfig(t testing.TB) cluster.Config {
	p := raft.Protocol()
	options := map[string]string{}
	for _, o := range p.Options {
		options[o.Name] = o.Default
	}
	return cluster.Config{
		Target: bundled.New(p), Options: options, Tick: 25 * time.Millisecond, Seed: 1, Dir: t.TempDir(), Run: "suite",
		Retry: cluster.DefaultRetry, Log: t.Output(),
	}
}

// What every backend promises, on real nodes.
func TestSuite(t *testing.T) {
	binary := build(t)
	clustertest.Run(t, raftConfig(t), func(t *testing.T, cfg cluster.Config) cluster.Cluster {
		c, err := local.Open(t.Context(), local.Config{Config: cfg, Executable: binary, State: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}

// BenchmarkLocal5Raft is how many calls a second the clients can make of five nodes, half of them
// writes, over ten keys. Proxies and clients share the host's cores with the nodes.
func BenchmarkLocal5Raft(b *testing.B) {
	cfg := raftConfig(b)
	cfg.Nodes, cfg.Object = []history.NodeID{"n1", "n2", "n3", "n4", "n5"}, "register"
	c, err := local.Open(b.Context(), local.Config{Config: cfg, Executable: build(b), State: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	index := 0
	call := func(p history.Process) {
		index++
		op := history.Op{Index: index, Process: p, F: "read", Key: strconv.Itoa(index % 10), Node: cfg.Nodes[index%5]}
		if index%2 == 0 {
			op.F, op.Value = "write", json.RawMessage(strconv.Itoa(index))
		}
		c.Invoke(op)
	}
	free := history.Process(100)
	for p := range free {
		call(p)
	}
	ok := 0
	for b.Loop() {
		op, more := c.Next(b.Context(), c.Now()+time.Minute)
		switch {
		case !more:
			b.Fatal("no completion within a minute")
		case op.Kind == history.Ok:
			ok++
			call(op.Process)
		default: // as at the beginning, while there is no leader
			free++
			call(free)
		}
	}
	b.ReportMetric(float64(ok)/b.Elapsed().Seconds(), "ok/s")
}
