package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/cluster/local"
	"github.com/splitvote/splitvote/store"
	"github.com/splitvote/splitvote/targets/service"
)

// How long a reaper goes on after it has found nothing more, and at most. An engine may still be
// making what it was asked for when the harness died.
const (
	reapQuiet = 8 * time.Second
	reapLimit = 2 * time.Minute
)

// reapCommand is what a run has beside it: nobody else needs it.
func reapCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "reap",
		Short:  "remove what a harness left that was killed, as told on standard input",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			notes := live.Await(cmd.InOrStdin())
			ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), reapLimit)
			defer cancel()
			if err := live.Reap(notes, reapQuiet, reapLimit, func(n live.Note) (int, error) {
				return reap(ctx, n)
			}); err != nil {
				return failed(err)
			}
			return nil
		},
	}
}

// reap removes what one note names.
func reap(ctx context.Context, n live.Note) (found int, err error) {
	switch n.Kind {
	case cluster.ReapLocal:
		return local.Reap(n.Name)
	case cluster.ReapDocker:
		return docker.Reap(ctx, n.Name)
	case cluster.ReapClient:
		return live.KillMarked(service.Mark(n.Name)), nil
	case cluster.ReapFound:
		return docker.Restore(ctx, n.Name)
	case cluster.ReapHidden:
		return store.Sweep(n.Name)
	}
	return 0, fmt.Errorf("nobody knows how to remove a %s", n.Kind)
}

// startReaper starts the reaper of a run whose directory is dir.
func startReaper(dir string) (*live.Reaper, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("reaper: %w", err)
	}
	r, err := live.StartReaper(own, "reap")
	if err != nil {
		return nil, err
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return r, r.Note(cluster.ReapHidden, whole)
}
