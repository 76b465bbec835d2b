package docker

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

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

	deaths atomic.Int32 // that we have caused and of which the engine has not told yet

	born string // when it was last started, as the engine says, and
	// how often a side container joined it; both only where the cluster was found running
	joined int
	named  map[netip.Addr]history.NodeID // whom its kernel drops, as last told; under Cluster.cutting

	mu   sync.Mutex
	addr string       // host:port at which clients reach it
	ips  []netip.Addr // by which its peers know it
	side *side        // nil where there is none: the namespace is the node's own and the node is down
}

// countOff counts off a death that we have caused, if there is one.
func (n *node) countOff() bool {
	for {
		d := n.deaths.Load()
		if d == 0 {
			return false
		}
		if n.deaths.CompareAndSwap(d, d-1) {
			return true
		}
	}
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
// Clients speak to its own address where this machine is the gateway of its network, and to the
// published port elsewhere (D4).
func (n *node) locate(c container.InspectResponse) error {
	var ips []netip.Addr
	var near netip.Addr
	for _, net := range c.NetworkSettings.Networks {
		for _, ip := range []netip.Addr{net.IPAddress, net.GlobalIPv6Address} {
			if ip.IsValid() {
				ips = append(ips, ip)
			}
		}
		if net.IPAddress.IsValid() && ours(net.Gateway) {
			near = net.IPAddress
		}
	}
	if len(ips) == 0 {
		return fmt.Errorf("docker: %s has no address in any network", n.id)
	}
	addr, port, err := published(c, n.port)
	if err != nil {
		return fmt.Errorf("docker: %s: %w", n.id, err)
	}
	if near.IsValid() {
		addr = netip.AddrPortFrom(near, port).String()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ips, n.addr = ips, addr
	return nil
}

// ours reports whether an address is one of this machine's, as the engine's machine has the
// gateway's.
func ours(ip netip.Addr) bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil || !ip.IsValid() {
		return false
	}
	return slices.ContainsFunc(addresses, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr() == ip
	})
}

// published finds a container's TCP port, or its only published one, and the loopback address where
// it is published.
func published(c container.InspectResponse, port uint16) (addr string, inside uint16, err error) {
	var found []string
	for p, bindings := range c.NetworkSettings.Ports {
		if p.Proto() != "tcp" || port != 0 && p.Num() != port {
			continue
		}
		for _, b := range bindings {
			if b.HostIP.Is6() && !b.HostIP.IsLoopback() {
				continue // the twin of 0.0.0.0
			}
			found, inside = append(found, net.JoinHostPort("127.0.0.1", b.HostPort)), p.Num()
		}
	}
	switch {
	case len(found) == 1:
		return found[0], inside, nil
	case len(found) == 0 && port != 0:
		return "", 0, fmt.Errorf("port %d is not published", port)
	case len(found) == 0:
		return "", 0, fmt.Errorf("no port is published")
	}
	return "", 0, fmt.Errorf("%d ports are published: say which one is the clients'", len(found))
}

// state asks the engine how a node's container is.
func (e *engine) state(ctx context.Context, n *node) (*container.State, error) {
	c, err := e.api.ContainerInspect(ctx, n.container, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("docker: inspect %s: %w", n.name, cause(err))
	}
	return c.Container.State, nil
}
