package main

import (
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/internal/failure"
)

// A port that somebody else has is one clear line, for the server of reports and for a node.
func TestABusyPortIsOneClearLine(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	addr := busy.Addr().String()
	for _, args := range [][]string{
		{"serve", "--addr", addr, t.TempDir()},
		{"node", "--protocol", "raft", "--id", "n1", "--members", "n1", "--peer-listen", addr, "--client-listen",
			"127.0.0.1:0", "--data", t.TempDir()},
		{"node", "--protocol", "raft", "--id", "n1", "--members", "n1", "--peer-listen", "127.0.0.1:0",
			"--client-listen", addr, "--data", t.TempDir()},
	} {
		var errs strings.Builder
		cmd := exec.Command(binary, args...)
		cmd.Stderr = &errs
		_ = cmd.Run() // the status is looked at below
		if status := cmd.ProcessState.ExitCode(); status != failure.ExitInternal {
			t.Errorf("%s: exit status %d, want %d", args[0], status, failure.ExitInternal)
		}
		var said []string
		for line := range strings.Lines(errs.String()) {
			if strings.HasPrefix(line, "splitvote: ") {
				said = append(said, line)
			}
		}
		if len(said) != 1 || !strings.Contains(said[0], addr) || !strings.Contains(said[0], "address already in use") {
			t.Errorf("%s says %q, want one line that names %s", args[0], said, addr)
		}
	}
}
