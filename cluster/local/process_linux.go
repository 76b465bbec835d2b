package local

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/splitvote/splitvote/cluster/live"
)

func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }

// stopped says whether all threads of a process stand still, and how many it has.
func stopped(pid int) (all bool, threads int, err error) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return false, 0, err
	}
	for _, t := range tasks {
		fields, err := live.ProcessStat(fmt.Sprintf("/proc/%d/task/%s/stat", pid, t.Name()))
		if err != nil || fields[0] != "T" {
			return false, len(tasks), nil
		}
	}
	return true, len(tasks), nil
}

// oomKills is how many processes the kernel has ever killed for want of memory; 0 where it does
// not say.
func oomKills() uint64 {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kills uint64
		if _, err := fmt.Sscanf(line, "oom_kill %d", &kills); err == nil {
			return kills
		}
	}
	return 0
}
