package docker_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster/docker"
)

// A harness that is killed leaves a cluster that it found running as it found it: nodes that it had
// paused or killed run again, and nothing of the run is left beside them. A node that somebody else
// stopped stays as it is.
func TestAKilledHarnessHandsBack(t *testing.T) {
	for fault, harm := range map[string]container.ContainerState{
		"pause": container.StatePaused, "kill": container.StateExited,
	} {
		t.Run(fault, func(t *testing.T) {
			e := engine(t)
			file, dir := composeUp(t), t.TempDir()
			run := exec.Command(options(t).Executable, "run", "--attach", file, "--faults", fault,
				"--time-limit", "10m", "--fault-interval", "5s", "--store", filepath.Join(dir, "runs"))
			run.Env = append(run.Environ(), "XDG_STATE_HOME="+dir)
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "a node that is "+string(harm), func() bool {
				return slices.ContainsFunc(composed(t, e), func(c container.Summary) bool { return c.State == harm })
			})
			if err := run.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = run.Wait()
			if status, ok := run.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("the run ended before it was killed: %v", run.ProcessState)
			}
			await(t, "five nodes that run", func() bool {
				nodes := composed(t, e)
				return len(nodes) == 5 && !slices.ContainsFunc(nodes, func(c container.Summary) bool {
					return c.State != container.StateRunning
				})
			})

			stopped := composed(t, e)[0].ID
			if _, err := e.ContainerStop(t.Context(), stopped, client.ContainerStopOptions{}); err != nil {
				t.Fatal(err)
			}
			if done, err := docker.Restore(t.Context(), stopped); done != 0 || err != nil {
				t.Errorf("a node that somebody else stopped: %d, %v; want it left alone", done, err)
			}
		})
	}
}

// composed are the containers of the test's own Compose project.
func composed(t *testing.T, e *client.Client) []container.Summary {
	t.Helper()
	label := client.Filters{}.Add("label", "com.docker.compose.project="+runName(t))
	found, err := e.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: label})
	if err != nil {
		t.Fatal(err)
	}
	return found.Items
}
