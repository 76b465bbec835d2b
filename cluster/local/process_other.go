//go:build unix && !linux

package local

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: only Linux can kill a child when its parent dies. Clean does it.
func dieWithParent(*syscall.SysProcAttr) {}

// identity tells a process from any other that has or will have its number: by the time at which it started. One that
// has ended has none, be it waited for or not.
func identity(pid int) (string, error) {
	if state, err := ps(pid, "state="); err != nil || strings.HasPrefix(state, "Z") {
		return "", fmt.Errorf("pid %d has ended", pid)
	}
	return ps(pid, "lstart=")
}

// stopped says whether a process stands still. It counts as one thread.
func stopped(pid int) (all bool, threads int, err error) {
	state, err := ps(pid, "state=")
	return strings.HasPrefix(state, "T"), 1, err
}

func ps(pid int, column string) (string, error) {
	out, err := exec.Command("ps", "-o", column, "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", fmt.Errorf("ps of pid %d: %w", pid, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// oomKills is 0: only Linux says how many processes it has killed for want of memory.
func oomKills() uint64 { return 0 }
