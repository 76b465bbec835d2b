package local

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports of nodes. Linux gives outgoing connections those from 32768 on, others those from 49152 on (L4).
const (
	firstPort = 12000
	lastPort  = 32000
)

// reserve finds free ports of the loopback interface, no two the same.
func reserve(count int) (addresses []string, err error) {
	for tries := 0; len(addresses) < count; tries++ {
		l, err := net.Listen("tcp", address(firstPort+rand.IntN(lastPort-firstPort)))
		if err == nil {
			defer l.Close() // not before all are found
			addresses = append(addresses, l.Addr().String())
		} else if tries > 100*count {
			return nil, fmt.Errorf("find a free port from %d to %d: %w", firstPort, lastPort, err)
		}
	}
	return addresses, nil
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
