package local

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
)

func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }

// identity tells a process from any other that has or will have its number: by the boot, and the time since then at which
// it started. One that has ended has none, be it waited for or not.
func identity(pid int) (string, error) {
	fields, err := stat(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", fmt.Errorf("pid %d has ended", pid)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], nil
}

// stopped says whether all threads of a process stand still, and how many it has.
func stopped(pid int) (all bool, threads int, err error) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return false, 0, err
	}
	for _, t := range tasks {
		fields, err := stat(fmt.Sprintf("/proc/%d/task/%s/stat", pid, t.Name()))
		if err != nil || fields[0] != "T" {
			return false, len(tasks), nil
		}
	}
	return true, len(tasks), nil
}

// stat reads the fields of proc_pid_stat(5) from the third on, the process's state: the second may hold anything.
func stat(path string) ([]string, error) {
	line, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:]))
	if len(fields) < 20 {
		return nil, fmt.Errorf("%s has %d fields, want 22 at least", path, len(fields)+2)
	}
	return fields, nil
}

// oomKills is how many processes the kernel has ever killed for want of memory; 0 where it does not say.
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
