package node

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// abandon is how long sent bytes may stay without acknowledgement before the connection is given up, in milliseconds.
const abandon = 1000

// control makes a connection break soon after its packets begin to vanish. TCP would go on for minutes, sending again at
// ever longer intervals, and after a partition has healed the nodes would go on not hearing each other for as long.
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
