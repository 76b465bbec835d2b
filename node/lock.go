package node

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock keeps other nodes out of a data directory, which it creates if needed, until the file is
// closed. The lock ends with the process, however the process ends.
func lock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("node: data directory: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("node: data directory: %w", err)
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		d.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("node: data directory %s: another node uses it", dir)
		}
		return nil, fmt.Errorf("node: lock data directory %s: %w", dir, err)
	}
	return d, nil
}
