package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/store"
)

func replayCommand() *cobra.Command {
	r := runner{count: 1}
	cmd := &cobra.Command{
		Use:   "replay RUN",
		Short: "repeat a stored run: in sim byte for byte, elsewhere the same plan, calls and faults",
		Args:  exactly(1, "a run: its directory, or latest"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.replay(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&r.store, "store", "runs", "directory of the runs")
	cmd.Flags().BoolVar(&r.json, "json", false, "print the result as JSON")
	return cmd
}

func (r *runner) replay(ctx context.Context, name string, out, errs io.Writer) error {
	found, err := findRun(r.store, name)
	if err != nil {
		return err
	}
	if found.Dir == nil {
		return usage(fmt.Errorf("%s: a history alone cannot be repeated", name), "splitvote check judges it")
	}
	p, err := experiment.PlanOf(found.Dir)
	if err != nil {
		return err
	}
	if p.Backend == "auto" {
		return usage(errors.New(found.Dir.Path + ": the plan does not say which backend it ran on"))
	}
	return r.run(ctx, p, out, errs)
}

// findRun resolves what a person calls a run.
func findRun(dir, name string) (store.Found, error) {
	found, err := store.Find(dir, name)
	if err != nil {
		return found,
			usage(err, fmt.Sprintf("runs are looked for here and in %s; --store names another directory", dir))
	}
	return found, nil
}
