package docker_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/clustertest"
)

func TestRaft(t *testing.T) {
	t.Parallel()
	e := engine(t)
	cfg := config(t, raftTarget())
	clustertest.Run(t, cfg, func(t *testing.T, cfg cluster.Config) cluster.Cluster { return open(t, e, cfg) })
	for _, n := range cfg.Nodes {
		said, err := os.ReadFile(filepath.Join(cfg.Dir, "nodes", string(n)+".log"))
		if err != nil || len(said) == 0 {
			t.Errorf("the log of %s holds %q, %v", n, said, err)
		}
	}
}
