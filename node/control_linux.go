package node

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// abandon is how long sent bytes can stay unacknowledged before the connection is given up, in
// milliseconds.
const abandon = 1000

// control makes a connection break soon after its packets begin to vanish. Otherwise TCP would
// retransmit for minutes at ever longer intervals, and after a healed partition the nodes would not
// hear each other for as long.
func control(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, abandon)
	})
	if err != nil {
		return err
	}
	return failed
}
