package experiment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/cluster/local"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/targets/service"
)

// Backend is a place where a target runs.
type Backend struct {
	Name, Doc string
	powers    any // a nil cluster of its type, by which a plan is refused before the run
	open      func(ctx context.Context, cfg cluster.Config, executable string) (cluster.Cluster, error)
}

// Backends are all backends, without auto.
var Backends = []Backend{
	{
		"sim",
		"every node in one goroutine, virtual time, simulated network and disks; a seed repeats byte for byte",
		(*sim.Cluster)(nil),
		func(_ context.Context, cfg cluster.Config, _ string) (cluster.Cluster, error) {
			return sim.Open(cfg, sim.Options{})
		},
	},
	{
		"local",
		"child processes on loopback, every link through a proxy; needs neither root nor Docker",
		(*local.Cluster)(nil),
		func(ctx context.Context, cfg cluster.Config, executable string) (cluster.Cluster, error) {
			return local.Open(ctx, local.Config{Config: cfg, Executable: executable})
		},
	},
	{
		"docker",
		"containers on a network of their own, faults set in the kernel; pulls nothing for the bundled targets",
		(*docker.Cluster)(nil),
		func(ctx context.Context, cfg cluster.Config, executable string) (cluster.Cluster, error) {
			return docker.Open(ctx, cfg, docker.Options{Executable: executable})
		},
	},
}

// BackendNames are the values of --backend.
func BackendNames() []string {
	names := []string{"auto"}
	for _, b := range Backends {
		names = append(names, b.Name)
	}
	return names
}

// BackendNamed is the backend of that name.
func BackendNamed(name string) (Backend, bool) {
	i := slices.IndexFunc(Backends, func(b Backend) bool { return b.Name == name })
	if i < 0 {
		return Backend{}, false
	}
	return Backends[i], true
}

// choose is the backend that a plan names; auto is docker where an engine answers, else local. It
// says why.
func choose(ctx context.Context, name string, t Target) (chosen Backend, why string) {
	if name != "auto" {
		chosen, _ = BackendNamed(name)
		return chosen, ""
	}
	if t.service != nil && t.runsOn("docker") != nil {
		chosen, _ = BackendNamed("local")
		return chosen, t.Name() + " says only how it is started there"
	}
	if err := docker.Usable(ctx, docker.Options{}); err != nil {
		chosen, _ = BackendNamed("local")
		return chosen, err.Error()
	}
	chosen, _ = BackendNamed("docker")
	return chosen, "a Docker engine answers"
}

// Refuse says what the backend cannot do to a cluster of the target, before anything is started.
func (b Backend) Refuse(faults []string, t Target) error {
	if err := nemesis.Missing(faults, b.powers, t.lacks()...); err != nil {
		return failure.Usage(fmt.Errorf("backend %s %w", b.Name, err))
	}
	return nil
}

// openFailure is a cluster that could not be opened, with what the node or the engine said.
func openFailure(b Backend, err error, log io.Writer) error {
	var engine *docker.Error
	if errors.As(err, &engine) {
		return failure.Internal(err, engine.Hint)
	}
	var node *local.NodeError
	if errors.As(err, &node) && len(node.Log) > 0 {
		fmt.Fprintf(log, "%s last said (%s):\n  %s\n", node.Node, node.File, strings.Join(node.Log, "\n  "))
	}
	var client *service.ClientError
	if errors.As(err, &client) && len(client.Log) > 0 {
		fmt.Fprintf(log, "the client last said:\n  %s\n", strings.Join(client.Log, "\n  "))
	}
	return failure.Internal(fmt.Errorf("backend %s: %w", b.Name, err))
}
