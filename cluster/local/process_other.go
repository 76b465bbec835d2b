//go:build unix && !linux

package local

import (
	"strings"
	"syscall"

	"github.com/splitvote/splitvote/cluster/live"
)

// dieWithParent does nothing: only Linux can kill a child when its parent dies. Clean does it.
func dieWithParent(*syscall.SysProcAttr) {}

// stopped says whether a process stands still. It counts as one thread.
func stopped(pid int) (all bool, threads int, err error) {
	state, err := live.Ps(pid, "state=")
	return strings.HasPrefix(state, "T"), 1, err
}

// oomKills is 0: only Linux says how many processes it has killed for want of memory.
func oomKills() uint64 { return 0 }
