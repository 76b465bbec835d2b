package local_test

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/clustertest"
	"github.com/splitvote/splitvote/cluster/local"
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
