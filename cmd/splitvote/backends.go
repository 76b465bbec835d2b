package main

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
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/targets/service"
)

// backend is a place where a target runs.
type backend struct {
	name, doc string
	powers    any // a nil cluster of its type, by which a plan is refused before the run
	open      func(ctx context.Context, cfg cluster.Config) (cluster.Cluster, error)
}

// backends are all backends, without auto.
var backends = []backend{
	{"sim", "every node in one goroutine, virtual time, simulated network and disks; a seed repeats byte for byte", (*sim.Cluster)(nil),
		func(_ context.Context, cfg cluster.Config) (cluster.Cluster, error) {
			return sim.Open(cfg, sim.Options{})
		}},
	{"local", "child processes on loopback, every link through a proxy; needs neither root nor Docker", (*local.Cluster)(nil),
		func(ctx context.Context, cfg cluster.Config) (cluster.Cluster, error) {
			return local.Open(ctx, local.Config{Config: cfg})
		}},
	{"docker", "containers on a network of their own, faults set in the kernel; pulls nothing for the bundled targets", (*docker.Cluster)(nil),
		func(ctx context.Context, cfg cluster.Config) (cluster.Cluster, error) {
			return docker.Open(ctx, cfg, docker.Options{})
		}},
}

// backendNames are the values of --backend.
func backendNames() []string {
	names := []string{"auto"}
	for _, b := range backends {
		names = append(names, b.name)
	}
	return names
}

func backendNamed(name string) (backend, bool) {
	i := slices.IndexFunc(backends, func(b backend) bool { return b.name == name })
	if i < 0 {
		return backend{}, false
	}
	return backends[i], true
}

// choose is the backend that a plan names; auto is docker where an engine answers, else local. It says why.
func choose(ctx context.Context, name string, t target) (chosen backend, why string) {
	if name != "auto" {
		chosen, _ = backendNamed(name)
		return chosen, ""
	}
	if t.service != nil && t.runsOn("docker") != nil {
		chosen, _ = backendNamed("local")
		return chosen, t.Name() + " says only how it is started there"
	}
	if err := docker.Usable(ctx, docker.Options{}); err != nil {
		chosen, _ = backendNamed("local")
		return chosen, err.Error()
	}
	chosen, _ = backendNamed("docker")
	return chosen, "a Docker engine answers"
}

// refuse says what the backend cannot do to a cluster of the target, before anything is started.
func (b backend) refuse(faults []string, t target) error {
	if err := nemesis.Missing(faults, b.powers, t.lacks()...); err != nil {
		return usage(fmt.Errorf("backend %s %w", b.name, err))
	}
	return nil
}

// openFailure is a cluster that could not be opened, with what the node or the engine said.
func openFailure(b backend, err error, log io.Writer) error {
	var engine *docker.Error
	if errors.As(err, &engine) {
		return failed(err, engine.Hint)
	}
	var node *local.NodeError
	if errors.As(err, &node) && len(node.Log) > 0 {
		fmt.Fprintf(log, "%s last said (%s):\n  %s\n", node.Node, node.File, strings.Join(node.Log, "\n  "))
	}
	var client *service.ClientError
	if errors.As(err, &client) && len(client.Log) > 0 {
		fmt.Fprintf(log, "the client last said:\n  %s\n", strings.Join(client.Log, "\n  "))
	}
	return failed(fmt.Errorf("backend %s: %w", b.name, err))
}
