package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/internal/failure"
)

// A campaign that is stopped says how far it came, and is headed neither VALID nor anything that
// would be read so.
func TestAStoppedCampaignIsNotValid(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), binary, "campaign", "--seeds", "1000000", "--workload", "register",
		"--nodes", "3", "--time-limit", "2s", "--jobs", "1")
	cmd.Dir = t.TempDir()
	var out bytes.Buffer
	cmd.Stdout = &out
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(errs)
	for lines.Scan() && !strings.Contains(lines.Text(), "of 1000000 seeds") {
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	_ = cmd.Wait() // the status is looked at below
	if status := cmd.ProcessState.ExitCode(); status != failure.ExitInternal {
		t.Errorf("exit status %d, want %d", status, failure.ExitInternal)
	}
	if first, _, _ := strings.Cut(out.String(), "\n"); !strings.HasPrefix(first, "STOPPED after ") ||
		!strings.Contains(first, " of 1000000 seeds, none of them invalid:  campaign of raft ") {
		t.Errorf("headed %q", first)
	}
}
