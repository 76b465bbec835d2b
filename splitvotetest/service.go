package splitvotetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/local"
	"github.com/splitvote/splitvote/targets/service"
	"github.com/splitvote/splitvote/workloads"
)

// serviceLacks are faults that find nothing to act on in a service: they need a clock or a disk of
// ours, or a protocol that we know.
var serviceLacks = []string{"clock", "drift", "disk", "disk-loss", "crash", "members", "transfer"}

// RunService tests the service that a YAML file describes, as splitvote run --target does, with
// members that are processes on this machine. The plan's time is real.
func RunService(t *testing.T, file string, p Plan) {
	t.Helper()
	if p.Virtual || inBubble() {
		t.Fatalf("%s: processes take real time: there is no virtual run of a service", file)
	}
	s, err := service.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(s.Backends(), "local") {
		t.Fatalf("%s: it does not say under local how a member is started", file)
	}
	if err := s.Lookup(); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	nodes := s.Members()
	if len(nodes) == 0 {
		nodes = nodeNames(3)
	}
	x, err := p.resolve(s.Name(), len(nodes), false, testing.Short(), (*local.Cluster)(nil), serviceLacks)
	if err == nil {
		x.Consistency = s.Promise()
		x.Settle = max(x.Settle, s.Settle())
		x, err = suit(x, func(w workloads.Workload) []string {
			if !slices.Contains(s.Objects(), w.Object) {
				return w.Calls
			}
			has := s.Calls(w.Object)
			return slices.DeleteFunc(slices.Clone(w.Calls), func(f string) bool { return slices.Contains(has, f) })
		})
	}
	if err != nil {
		t.Fatalf("the plan: %v", err)
	}
	each(t, p, false, func(t *testing.T, seed uint64) {
		t.Helper()
		e := newExperiment(t, x, s.Name(), seed, false)
		e.backend, e.target, e.nodes = "local", s, nodes
		e.open = func(ctx context.Context, _ *experiment, cfg cluster.Config) (cluster.Cluster, error) {
			c, err := local.Open(ctx, local.Config{Config: cfg})
			var node *local.NodeError
			if errors.As(err, &node) && len(node.Log) > 0 {
				err = fmt.Errorf("%w; it last said:\n  %s", err, strings.Join(node.Log, "\n  "))
			}
			if err != nil {
				return nil, err // not a nil *local.Cluster
			}
			return c, nil
		}
		defer s.Close()
		e.test(t, false)
	})
}
