package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// The ports of nodes. Linux gives outgoing connections those from 32768 on, others those from
// 49152 on (L4).
const (
	firstPort = 12000
	lastPort  = 32000
)

// ports are the claims of one cluster. A node's port is even; the harness listens on the odd one
// after it for as long as the cluster lives. Another harness therefore takes neither, also not
// while the node is down, and the clients of one never speak to a node of the other.
type ports struct {
	mu     sync.Mutex
	guards []net.Listener
}

// reserve claims ports of the loopback interface that are free, no two the same.
func (p *ports) reserve(count int) (addresses []string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for tries := 0; len(addresses) < count; tries++ {
		if tries > 100*count {
			return nil, fmt.Errorf("find a free port from %d to %d: %w", firstPort, lastPort, err)
		}
		port := firstPort + 2*rand.IntN((lastPort-firstPort)/2)
		var guard, l net.Listener
		if guard, err = net.Listen("tcp", address(port+1)); err != nil {
			continue
		}
		if l, err = net.Listen("tcp", address(port)); err != nil {
			guard.Close()
			continue
		}
		l.Close()
		p.guards = append(p.guards, guard)
		addresses = append(addresses, address(port))
	}
	return addresses, nil
}

// close gives up every claim.
func (p *ports) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, g := range p.guards {
		errs = append(errs, g.Close())
	}
	p.guards = nil
	return errors.Join(errs...)
}

// taken says which of the addresses somebody listens on, "" for none.
func taken(addresses ...string) string {
	for _, a := range addresses {
		l, err := net.Listen("tcp", a)
		if err != nil {
			return a
		}
		l.Close()
	}
	return ""
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
