package docker_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/history"
)

// The cluster of docker-compose.yml, found running, suffers what our own do, and is handed back
// whole.
func TestAttach(t *testing.T) {
	t.Parallel()
	e := engine(t)
	file := composeUp(t)
	cfg := config(t, raftTarget())
	cfg.Nodes = nil
	said := &log{}
	cfg.Log = said
	c, err := docker.Attach(t.Context(), cfg, file, options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := t.Context()
	if want := []history.NodeID{"n1", "n2", "n3", "n4", "n5"}; !slices.Equal(c.Nodes(), want) {
		t.Fatalf("the nodes are %v, want %v", c.Nodes(), want)
	}
	if !strings.Contains(said.String(), "5 nodes of ") {
		t.Errorf("it said %q", said)
	}
	leaderless := func(ids ...history.NodeID) func() bool {
		return func() bool {
			return !slices.ContainsFunc(ids, func(id history.NodeID) bool {
				s, _ := c.Status(ctx, id)
				return !s.Up || s.Leader != ""
			})
		}
	}
	awaitLeader(t, c)

	// Two nodes are cut off. One of them is killed and started anew, with a new namespace: it is
	// cut off again.
	cut := history.Grudge{"n1": {"n3", "n4", "n5"}, "n2": {"n3", "n4", "n5"}, "n3": {"n1", "n2"}, "n4": {"n1", "n2"},
		"n5": {"n1", "n2"}}
	if p, err := c.Partition(ctx, cut); err != nil || !p.Bit ||
		!strings.Contains(p.Text, "n1 drops n3 n4 n5; n2 drops n3 n4 n5; n3 drops n1 n2") {
		t.Errorf("partition: %+v, %v", p, err)
	}
	await(t, "n1 and n2 know no leader", leaderless("n1", "n2"))
	if p, err := c.Kill(ctx, "n2"); err != nil || !p.Bit {
		t.Errorf("kill: %+v, %v", p, err)
	}
	if p, err := c.Partition(ctx, history.Grudge{"n2": {"n1"}}); err != nil || p.Bit ||
		!strings.Contains(p.Text, "n2 is down") {
		t.Errorf("the partition of a node that is down: %+v, %v; want no bit", p, err)
	}
	if p, err := c.Partition(ctx, cut); err != nil || !p.Bit {
		t.Errorf("partition: %+v, %v", p, err)
	}
	if p, err := c.Start(ctx, "n2"); err != nil || !p.Bit || !strings.Contains(p.Text, "cut again after ") ||
		!strings.Contains(p.Text, "n2 drops n3 n4 n5") {
		t.Errorf("start: %+v, %v", p, err)
	}
	await(t, "n1 and n2 know no leader", leaderless("n1", "n2"))
	if p, err := c.Heal(ctx); err != nil || !p.Bit || !strings.Contains(p.Text, "→n2 ") {
		t.Errorf("heal: %+v, %v", p, err)
	}
	awaitLeader(t, c)

	// Somebody else starts a node anew: what is read back afterwards is of its new namespace.
	restart(t, e, c, "n4")
	if p, err := c.Partition(ctx, cut); err != nil || !p.Bit || !strings.Contains(p.Text, "n4 drops n1 n2") {
		t.Errorf("partition: %+v, %v", p, err)
	}

	// Closed in the midst of every kind of harm.
	if p, err := c.Kill(ctx, "n3"); err != nil || !p.Bit {
		t.Errorf("kill: %+v, %v", p, err)
	}
	if p, err := c.Pause(ctx, "n5"); err != nil || !p.Bit {
		t.Errorf("pause: %+v, %v", p, err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if left := left(t, e, cfg.Run); len(left) > 0 {
		t.Errorf("close left %v", left)
	}
	again, err := docker.Attach(ctx, cfg, file, options(t))
	if err != nil {
		t.Fatal(err)
	}
	awaitLeader(t, again)
	if err := again.Close(); err != nil {
		t.Errorf("close: %v", err)
	}

	// What one run wrote another would take for lies.
	cfg.Run += "-next"
	if _, err := docker.Attach(ctx, cfg, file, options(t)); err == nil ||
		!strings.Contains(err.Error(), "holds the data of an earlier run") {
		t.Errorf("a second run on the same data: %v", err)
	}
}

// awaitLeader waits until every node hears a leader.
func awaitLeader(t *testing.T, c *docker.Cluster) {
	t.Helper()
	await(t, "every node hears a leader", func() bool {
		return !slices.ContainsFunc(c.Nodes(), func(id history.NodeID) bool {
			s, _ := c.Status(t.Context(), id)
			return s.Leader == ""
		})
	})
}

func TestAttachFails(t *testing.T) {
	t.Parallel()
	e := engine(t)
	cfg := config(t, raftTarget())
	for project, want := range map[string]string{
		"no-such-project":          "no container of the project no-such-project runs",
		"../../docker-compose.yml": "no container of the project ../../docker-compose.yml runs",
	} {
		if _, err := docker.Attach(t.Context(), cfg, project, options(t)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", project, err, want)
		}
	}
	if left := left(t, e, cfg.Run); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// composeUp starts the cluster of docker-compose.yml as a project of the test's own, on ports that
// the engine chooses, and returns its file.
func composeUp(t *testing.T) string {
	t.Helper()
	compose := composeCommand()
	if compose == nil {
		t.Skip("docker: neither docker compose nor docker-compose is installed")
	}
	dir := t.TempDir()
	copyFile(t, "../../docker-compose.yml", filepath.Join(dir, "docker-compose.yml"), func(b []byte) []byte {
		b = regexp.MustCompile(`127\.0\.0\.1:80\d\d:8080`).ReplaceAll(b, []byte("127.0.0.1::8080"))
		return regexp.MustCompile(`image: .*`).ReplaceAll(b, []byte("image: splitvote:"+runName(t)))
	})
	copyFile(t, "../../.dockerignore", filepath.Join(dir, ".dockerignore"), nil)
	copyFile(t, "Dockerfile", filepath.Join(dir, "cluster/docker/Dockerfile"), nil)
	copyFile(t, options(t).Executable, filepath.Join(dir, "splitvote"), nil)
	run := func(args ...string) error {
		cmd := exec.Command(compose[0], slices.Concat(compose[1:], []string{"-p", runName(t)}, args)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", args, err, out)
		}
		return nil
	}
	t.Cleanup(func() {
		if err := run("down", "--rmi", "all"); err != nil {
			t.Error(err)
		}
	})
	if err := run("up", "-d", "--build"); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "docker-compose.yml")
}

func composeCommand() []string {
	if exec.Command("docker", "compose", "version").Run() == nil {
		return []string{"docker", "compose"}
	}
	if _, err := exec.LookPath("docker-compose"); err == nil {
		return []string{"docker-compose"}
	}
	return nil
}

func copyFile(t *testing.T, from, to string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		b = change(b)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
}

// restart has the engine start a node's container anew, behind the cluster's back.
func restart(t *testing.T, e *client.Client, c *docker.Cluster, id history.NodeID) {
	t.Helper()
	label := client.Filters{}.Add("label", "com.docker.compose.project="+runName(t),
		"com.docker.compose.service="+string(id))
	found, err := e.ContainerList(t.Context(), client.ContainerListOptions{Filters: label})
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("containers of %s: %v, %v", id, found.Items, err)
	}
	if _, err := e.ContainerRestart(t.Context(), found.Items[0].ID, client.ContainerRestartOptions{}); err != nil {
		t.Fatal(err)
	}
}
