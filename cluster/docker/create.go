package docker

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/history"
)

// The ports on which the nodes of our own clusters listen, each in its own namespace, where their
// target names no other.
const (
	clientPort = 8080
	peerPort   = 9090
)

// dataDir lies in the node's container, whose layer survives a kill.
const dataDir = "/data"

// createLimit is the time that the engine may take to make a container.
const createLimit = 30 * time.Second

// The labels of what a harness starts (D3).
const (
	labelOurs = "splitvote"
	labelRun  = "splitvote.run"
	labelNode = "splitvote.node"
	labelRole = "splitvote.role" // node or side
	labelPid  = "splitvote.pid"  // the harness's process, and
	labelBorn = "splitvote.born" // which of all that ever have this number (live.Identity)
)

func labels(run string, node history.NodeID, role string) map[string]string {
	l := map[string]string{labelOurs: "1", labelRun: run, labelPid: strconv.Itoa(os.Getpid())}
	if born, err := live.Identity(os.Getpid()); err == nil {
		l[labelBorn] = born
	}
	if node != "" {
		maps.Copy(l, map[string]string{labelNode: string(node), labelRole: role})
	}
	return l
}

// createNetwork makes the run's own bridge. The engine picks a free subnet. Like create it cannot
// be interrupted.
func (e *engine) createNetwork(ctx context.Context, name, run string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createLimit)
	defer cancel()
	_, err := e.api.NetworkCreate(ctx, name, client.NetworkCreateOptions{Driver: "bridge", Labels: labels(run, "", "")})
	if err != nil {
		return &Error{fmt.Errorf("docker: create network %s: %w", name, cause(err)),
			"splitvote clean removes the networks of runs that were killed"}
	}
	return nil
}

// createSide makes a side container that owns a node's namespace (D1): its place in the network and
// its published port.
func (e *engine) createSide(ctx context.Context, image, net, run string, n *node) (string, error) {
	port := network.MustParsePort(strconv.Itoa(int(n.port)) + "/tcp")
	r := sideRequest(image, run, n.id, container.NetworkMode(net))
	r.ExposedPorts = []string{port.String()}
	r.Networks = []string{net}
	limit := r.HostConfigModifier
	r.HostConfigModifier = func(h *container.HostConfig) {
		limit(h)
		h.PortBindings = network.PortMap{port: {{HostIP: netip.AddrFrom4([4]byte{127, 0, 0, 1})}}}
	}
	return e.create(ctx, r)
}

// joinSide makes a side container that shares the namespace of a node that is not ours. It removes
// itself when it ends.
func (e *engine) joinSide(ctx context.Context, image, run string, n *node) (string, error) {
	r := sideRequest(image, run, n.id, container.NetworkMode("container:"+n.container))
	r.Name += "-" + strconv.Itoa(n.joined) // the last one may not be gone yet
	limit := r.HostConfigModifier
	r.HostConfigModifier = func(h *container.HostConfig) {
		limit(h)
		h.AutoRemove = true
	}
	return e.create(ctx, r)
}

// sideRequest is what all side containers have in common: nothing but the power over one namespace,
// and a standard input that ends with our connection (D2).
func sideRequest(image, run string, node history.NodeID, mode container.NetworkMode) testcontainers.ContainerRequest {
	return testcontainers.ContainerRequest{
		Name:   fmt.Sprintf("splitvote-%s-%s-side", run, node),
		Image:  image,
		Cmd:    []string{"netfault"},
		Labels: labels(run, node, "side"),
		ConfigModifier: func(c *container.Config) {
			c.OpenStdin, c.StdinOnce, c.AttachStdin = true, true, true
		},
		HostConfigModifier: func(h *container.HostConfig) {
			h.NetworkMode = mode
			h.CapDrop, h.CapAdd = []string{"ALL"}, []string{"NET_ADMIN"}
			h.ReadonlyRootfs = true
		},
	}
}

// createNode makes a node's container inside its side container's namespace.
func (e *engine) createNode(ctx context.Context, l cluster.Launch, run string, n *node) (string, error) {
	return e.create(ctx, testcontainers.ContainerRequest{
		Name:           n.name,
		Image:          l.Image,
		Cmd:            l.Argv,
		Labels:         labels(run, n.id, "node"),
		ConfigModifier: func(c *container.Config) { c.Env = l.Env },
		HostConfigModifier: func(h *container.HostConfig) {
			h.NetworkMode = container.NetworkMode("container:" + n.neighbour().container)
		},
	})
}

// create makes a container through testcontainers, for which every image is already there. It
// cannot be interrupted: an engine goes on making what nobody waits for any more, and nobody would
// remove it.
func (e *engine) create(ctx context.Context, r testcontainers.ContainerRequest) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createLimit)
	defer cancel()
	c, err := e.CreateContainer(ctx, r)
	if err != nil {
		return "", fmt.Errorf("docker: create %s: %w", r.Name, err)
	}
	return c.GetContainerID(), nil
}
