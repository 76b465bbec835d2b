package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster/live"
)

// Clean removes every container and network that a harness started and left, of every run, with the
// containers' volumes, and says so line by line. It returns how many there were. What a living
// harness owns is left alone. Images stay: they are a cache, which docker image prune -a --filter
// label=splitvote.image empties.
func Clean(ctx context.Context, log io.Writer) (int, error) {
	e, err := connect(ctx)
	if err != nil {
		return 0, err
	}
	defer e.Close()
	owned, err := e.runs(ctx)
	if err != nil {
		return 0, err
	}
	var all []string
	var errs []error
	for _, run := range slices.Sorted(maps.Keys(owned)) {
		if owned[run] {
			fmt.Fprintf(log, "docker: run %s is still under way: left alone\n", run)
			continue
		}
		removed, err := e.removeAll(ctx, labelRun+"="+run)
		for _, name := range removed {
			fmt.Fprintf(log, "docker: removed %s\n", name)
		}
		all, errs = append(all, removed...), append(errs, err)
	}
	return len(all), errors.Join(errs...)
}

// Reap removes what is left of a run whose harness is dead, and counts what it found.
func Reap(ctx context.Context, run string) (found int, err error) {
	e, err := connect(ctx)
	if err != nil {
		return 0, err
	}
	defer e.Close()
	removed, err := e.removeAll(ctx, labelRun+"="+run)
	return len(removed), err
}

// runs are those of which there are containers or networks, and whether a living harness owns each:
// a process of this machine that its labels name, or one, be it where its number says nothing to
// us, that its side containers run for (D2).
func (e *engine) runs(ctx context.Context) (map[string]bool, error) {
	ours := client.Filters{}.Add("label", labelOurs+"=1")
	containers, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, fmt.Errorf("docker: list containers: %w", cause(err))
	}
	networks, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: ours})
	if err != nil {
		return nil, fmt.Errorf("docker: list networks: %w", cause(err))
	}
	owned := map[string]bool{}
	see := func(labels map[string]string, serves bool) {
		run := labels[labelRun]
		owned[run] = owned[run] || serves || harnessLives(labels)
	}
	for _, c := range containers.Items {
		see(c.Labels, c.Labels[labelRole] == "side" && c.State == container.StateRunning)
	}
	for _, n := range networks.Items {
		see(n.Labels, false)
	}
	return owned, nil
}

// harnessLives says whether the process that labels name, and no other with its number, is still
// there.
func harnessLives(labels map[string]string) bool {
	pid, err := strconv.Atoi(labels[labelPid])
	if err != nil || labels[labelBorn] == "" {
		return false
	}
	born, err := live.Identity(pid)
	return err == nil && born == labels[labelBorn]
}

// removeAll removes what has a label: nodes, then side containers, then networks. It goes on after
// an error.
func (e *engine) removeAll(ctx context.Context, label string) ([]string, error) {
	var removed []string
	var errs []error
	for _, step := range []func(context.Context, client.Filters) ([]string, error){
		e.removeNodes, e.removeSides, e.removeNetworks,
	} {
		names, err := step(ctx, client.Filters{}.Add("label", label))
		removed, errs = append(removed, names...), append(errs, err)
	}
	return removed, errors.Join(errs...)
}

func (e *engine) removeNodes(ctx context.Context, f client.Filters) ([]string, error) {
	return e.removeContainers(ctx, f.Add("label", labelRole+"=node"))
}

func (e *engine) removeSides(ctx context.Context, f client.Filters) ([]string, error) {
	return e.removeContainers(ctx, f.Add("label", labelRole+"=side"))
}

func (e *engine) removeContainers(ctx context.Context, f client.Filters) ([]string, error) {
	found, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: f})
	if err != nil {
		return nil, fmt.Errorf("docker: list containers: %w", cause(err))
	}
	errs := make([]error, len(found.Items))
	var work sync.WaitGroup
	for i, c := range found.Items {
		work.Go(func() { errs[i] = e.removeContainer(ctx, c) })
	}
	work.Wait()
	var removed []string
	for i, c := range found.Items {
		if errs[i] == nil {
			removed = append(removed, "container "+strings.TrimPrefix(c.Names[0], "/"))
		}
	}
	return removed, errors.Join(errs...)
}

// removeContainer asks a side container to end before it is removed: it may have joined a node that
// is not ours, and it heals the node when it is told to end.
func (e *engine) removeContainer(ctx context.Context, c container.Summary) error {
	if c.Labels[labelRole] == "side" && c.State == container.StateRunning {
		seconds := 2
		if _, err := e.api.ContainerStop(ctx, c.ID, client.ContainerStopOptions{Timeout: &seconds}); gone(err) != nil {
			return fmt.Errorf("docker: stop %s: %w", c.Names[0], cause(err))
		}
	}
	_, err := e.api.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if gone(err) != nil {
		return fmt.Errorf("docker: remove %s: %w", c.Names[0], cause(err))
	}
	return nil
}

func (e *engine) removeNetworks(ctx context.Context, f client.Filters) ([]string, error) {
	found, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: f})
	if err != nil {
		return nil, fmt.Errorf("docker: list networks: %w", cause(err))
	}
	var removed []string
	var errs []error
	for _, n := range found.Items {
		if _, err := e.api.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{}); gone(err) != nil {
			errs = append(errs, fmt.Errorf("docker: remove network %s: %w", n.Name, cause(err)))
			continue
		}
		removed = append(removed, "network "+n.Name)
	}
	return removed, errors.Join(errs...)
}

// gone forgives that something to be removed is no longer there, or is just being removed by
// another.
func gone(err error) error {
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress") {
		return nil
	}
	return err
}
