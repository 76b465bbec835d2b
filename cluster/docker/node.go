package docker

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/history"
)

// node is a member: its container, and the side container beside it.
type node struct {
	id        history.NodeID
	name      string // of the container, for people
	container string
	ready     string // as in cluster.Launch
	port      uint16 // of clients, inside the container; 0 is the only one published
	peerPort  uint16 // of peers, inside the container; of clusters that we start
	cutPort   uint16 // to which a cut is limited, 0 for none (D6)

	born   string                        // when it was last started, as the engine says, and
	joined int                           // how often a side container joined it; both only where the cluster was found running
	named  map[netip.Addr]history.NodeID // whom its kernel drops, as last told; under Cluster.cutting

	mu   sync.Mutex
	addr string       // host:port at which clients reach it
	ips  []netip.Addr // by which its peers know it
	side *side        // nil where there is none: the namespace is the node's own and the node is down
}

func (n *node) address() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.addr
}

func (n *node) addresses() []netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ips
}

func (n *node) neighbour() *side {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.side
}

func (n *node) setSide(s *side) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.side = s
}

// locate takes from the container that owns the node's namespace where clients and peers find it.
func (n *node) locate(c container.InspectResponse) error {
	var ips []netip.Addr
	for _, net := range c.NetworkSettings.Networks {
		for _, ip := range []netip.Addr{net.IPAddress, net.GlobalIPv6Address} {
			if ip.IsValid() {
				ips = append(ips, ip)
			}
		}
	}
	if len(ips) == 0 {
		return fmt.Errorf("docker: %s has no address in any network", n.id)
	}
	addr, err := published(c, n.port)
	if err != nil {
		return fmt.Errorf("docker: %s: %w", n.id, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ips, n.addr = ips, addr
	return nil
}

// published finds the loopback address of a container's TCP port, or of its only published one.
func published(c container.InspectResponse, port uint16) (string, error) {
	var found []string
	for p, bindings := range c.NetworkSettings.Ports {
		if p.Proto() != "tcp" || port != 0 && p.Num() != port {
			continue
		}
		for _, b := range bindings {
			if b.HostIP.Is6() && !b.HostIP.IsLoopback() {
				continue // the twin of 0.0.0.0
			}
			found = append(found, net.JoinHostPort("127.0.0.1", b.HostPort))
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && port != 0:
		return "", fmt.Errorf("port %d is not published", port)
	case len(found) == 0:
		return "", fmt.Errorf("no port is published")
	}
	return "", fmt.Errorf("%d ports are published: say which one is the clients'", len(found))
}

// state asks the engine how a node's container is.
func (e *engine) state(ctx context.Context, n *node) (*container.State, error) {
	c, err := e.api.ContainerInspect(ctx, n.container, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("docker: inspect %s: %w", n.name, cause(err))
	}
	return c.Container.State, nil
}
