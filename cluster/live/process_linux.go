package live

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Identity tells a process from any other that has or will have its number: by the boot, and the
// time since then at which it started. One that has ended has none, be it waited for or not.
func Identity(pid int) (string, error) {
	fields, err := ProcessStat(fmt.Sprintf("/proc/%d/stat", pid))
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

// ProcessStat reads the fields of proc_pid_stat(5) from the third on, the process's state: the
// second may hold anything.
func ProcessStat(path string) ([]string, error) {
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

// KillMarked kills every process whose environment holds a mark, NAME=value, that nothing else on
// this machine bears. It counts them. Where the environment of processes cannot be read it finds
// none.
func KillMarked(mark string) (killed int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid <= 1 || pid == os.Getpid() || !marked(pid, mark) {
			continue
		}
		before, err := Identity(pid)
		if err != nil || !marked(pid, mark) {
			continue // it ended meanwhile
		}
		if now, err := Identity(pid); err == nil && now == before && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

func marked(pid int, mark string) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(append([]byte{0}, environment...), []byte("\x00"+mark+"\x00"))
}
