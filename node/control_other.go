//go:build !linux

package node

import "syscall"

// control does nothing: only Linux has the option.
func control(_, _ string, _ syscall.RawConn) error { return nil }
