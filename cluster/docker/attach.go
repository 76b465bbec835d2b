package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker/netfault"
	"github.com/splitvote/splitvote/history"
)

// The labels that Compose puts on its containers.
const (
	composeProject = "com.docker.compose.project"
	composeService = "com.docker.compose.service"
	composeNumber  = "com.docker.compose.container-number"
	composeOneOff  = "com.docker.compose.oneoff"
	composeDir     = "com.docker.compose.project.working_dir"
	composeFiles   = "com.docker.compose.project.config_files"
)

// Attach takes a cluster that runs already: the containers of a Compose project, given by its file
// or its name. A node has its service's name; cfg.Nodes says which belong to the cluster, none
// meaning all. They can be killed, paused and partitioned. It must be empty: one that holds the
// data of another run is refused. Close lifts every cut, resumes and starts every node, sets clocks
// right, and leaves them running.
func Attach(ctx context.Context, cfg cluster.Config, project string, opts Options) (_ *Cluster, err error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	image, err := e.image(ctx, opts.Executable)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	c := newCluster(e, image, cfg, opts)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := makeLogDir(cfg.Dir); err != nil {
		return nil, err
	}
	running, err := e.project(ctx, project)
	if err != nil {
		return nil, err
	}
	if c.nodes, err = choose(running, cfg.Nodes, project, opts.ClientPort); err != nil {
		return nil, err
	}
	if err := note(cfg); err != nil {
		return nil, err
	}
	if err := each(ctx, c.nodes, c.join); err != nil {
		return nil, err
	}
	if err := each(ctx, c.nodes, c.mustServe); err != nil {
		return nil, err
	}
	if err := c.claim(ctx, cfg); err != nil {
		return nil, err
	}
	info, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return nil, fmt.Errorf("docker: %w", cause(err))
	}
	for _, n := range c.nodes {
		c.follow(n, logSince(info.Info.SystemTime))
	}
	c.say("%d nodes of %s found running", len(c.nodes), project)
	c.serve(cfg)
	return c, nil
}

// project lists the running containers of a Compose project: of a file if there is one of that
// name, else by its name.
func (e *engine) project(ctx context.Context, project string) ([]container.Summary, error) {
	all, err := e.api.ContainerList(ctx, client.ContainerListOptions{Filters: client.Filters{}.Add("label",
		composeProject)})
	if err != nil {
		return nil, fmt.Errorf("docker: list containers: %w", cause(err))
	}
	file, noFile := os.Stat(project)
	running := slices.DeleteFunc(all.Items, func(c container.Summary) bool {
		if noFile != nil {
			return c.Labels[composeProject] != project || c.Labels[composeOneOff] == "True"
		}
		return !madeFrom(c.Labels, file) || c.Labels[composeOneOff] == "True"
	})
	if len(running) == 0 {
		return nil, &Error{fmt.Errorf("docker: no container of the project %s runs", project),
			"docker-compose -f FILE up -d starts one; --attach takes the FILE, or the project's name"}
	}
	return running, nil
}

// madeFrom reports whether a Compose file is among those that a container was made from. Compose 1
// writes the names as they were given, Compose 2 whole paths.
func madeFrom(labels map[string]string, file os.FileInfo) bool {
	for name := range strings.SplitSeq(labels[composeFiles], ",") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(labels[composeDir], name)
		}
		if f, err := os.Stat(name); err == nil && os.SameFile(f, file) {
			return true
		}
	}
	return false
}

// choose makes nodes of containers: those wanted, in that order, or else all by name, n2 before
// n10.
func choose(running []container.Summary, want []history.NodeID, project string, port uint16) ([]*node, error) {
	found := map[history.NodeID]*node{}
	var ids []history.NodeID
	for _, r := range running {
		id := history.NodeID(r.Labels[composeService])
		if k := r.Labels[composeNumber]; k != "1" {
			id += history.NodeID("-" + k)
		}
		found[id] = &node{id: id, name: strings.TrimPrefix(r.Names[0], "/"), container: r.ID, port: port}
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b history.NodeID) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	if len(want) == 0 {
		want = ids
	}
	var nodes []*node
	for _, id := range want {
		n, ok := found[id]
		if !ok {
			return nil, fmt.Errorf("docker: the project %s runs no service %s; it runs %v", project, id, ids)
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// join puts a side container into the namespace that a node has now, and learns where the node is.
func (c *Cluster) join(ctx context.Context, n *node) error {
	found, err := c.engine.api.ContainerInspect(ctx, n.container, client.ContainerInspectOptions{})
	if err != nil {
		return fmt.Errorf("docker: inspect %s: %w", n.name, cause(err))
	}
	if err := n.locate(found.Container); err != nil {
		return err
	}
	n.born = found.Container.State.StartedAt
	n.joined++
	id, err := c.engine.joinSide(ctx, c.image, c.run, n)
	if err != nil {
		return err
	}
	s, err := c.engine.startSide(ctx, id)
	if err != nil {
		return fmt.Errorf("docker: start the side container of %s: %w", n.id, cause(err))
	}
	n.setSide(s)
	return nil
}

// leave gives up a node's namespace, and counts what was dropped in it.
func (c *Cluster) leave(ctx context.Context, n *node) {
	s := n.neighbour()
	if s == nil {
		return
	}
	if a, err := s.request(ctx, netfault.Request{}); err == nil {
		c.count(n, a.Had)
	}
	n.setSide(nil)
	s.close()
}

// refresh sees to it that a side container sits in the namespace that its node has now: a node that
// was started again, by us or by its engine, has a new one, and rules in the old one prove nothing
// (D5). c.cutting is held.
func (c *Cluster) refresh(ctx context.Context, n *node) error {
	if !c.found() {
		return nil // D1
	}
	state, err := c.engine.state(ctx, n)
	if err != nil {
		return err
	}
	if state.Running && state.StartedAt == n.born && n.neighbour() != nil {
		return nil
	}
	c.leave(ctx, n)
	if !state.Running {
		return nil
	}
	return c.join(ctx, n)
}

// noteHarm tells the reaper of a node that is about to be paused or killed and is not ours.
func (c *Cluster) noteHarm(n *node) error {
	if !c.found() || c.reaper == nil {
		return nil
	}
	return c.reaper.Note(cluster.ReapFound, n.container)
}

// Restore resumes or starts a container that a dead harness paused or killed, and counts what it
// did. A container with another end than a kill is left alone: it ended by itself, or somebody
// stopped it.
func Restore(ctx context.Context, id string) (done int, err error) {
	e, err := connect(ctx)
	if err != nil {
		return 0, err
	}
	defer e.Close()
	found, err := e.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	switch state := found.Container.State; {
	case err != nil:
	case state.Paused:
		done = 1
		_, err = e.api.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
	case state.Status == container.StateExited && state.ExitCode == killed:
		done = 1
		_, err = e.api.ContainerStart(ctx, id, client.ContainerStartOptions{})
	}
	if gone(err) != nil {
		return done, fmt.Errorf("docker: restore %s: %w", id, cause(err))
	}
	return done, nil
}

// handBack heals, resumes and starts every node, and removes the side containers.
func (c *Cluster) handBack(ctx context.Context) error {
	var errs []error
	_, err := c.Heal(ctx)
	errs = append(errs, err)
	c.hangUp()
	for _, n := range c.nodes {
		state, err := c.engine.state(ctx, n)
		if err == nil && state.Paused {
			_, err = c.engine.api.ContainerUnpause(ctx, n.container, client.ContainerUnpauseOptions{})
		}
		if err == nil && state.Running && c.Clients != nil {
			err = c.RightClock(ctx, n.id)
		}
		if err == nil && !state.Running {
			_, err = c.engine.api.ContainerStart(ctx, n.container, client.ContainerStartOptions{})
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("docker: hand back %s: %w", n.name, cause(err)))
		}
	}
	_, err = c.engine.removeAll(ctx, labelRun+"="+c.run)
	return errors.Join(append(errs, err)...)
}
