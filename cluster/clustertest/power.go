package clustertest

import (
	"context"
	"reflect"
	"strconv"
	"testing"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// power returns the cluster as a P, or skips the test if the cluster lacks that power.
func power[P any](t *testing.T, d *driver) P {
	t.Helper()
	p, ok := d.Cluster.(P)
	if !ok {
		t.Skipf("this backend is no %s", reflect.TypeFor[P]())
	}
	return p
}

// on applies a power to one node, as harm.
func on(
	f func(context.Context, history.NodeID) (cluster.Proof, error), node history.NodeID,
) func(context.Context) (cluster.Proof, error) {
	return func(ctx context.Context) (cluster.Proof, error) { return f(ctx, node) }
}

func itoa(n int) string { return strconv.Itoa(n) }
