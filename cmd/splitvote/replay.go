package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/store"
	"github.com/splitvote/splitvote/targets/service"
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
	p, err := planOf(found.Dir)
	if err != nil {
		return err
	}
	if p, err = complete(p); err != nil {
		return err
	}
	if p.Backend == "auto" {
		return usage(errors.New(found.Dir.Path + ": the plan does not say which backend it ran on"))
	}
	return r.run(ctx, p, out, errs)
}

// planOf is the plan of a run. The file of a service is the one that was kept with the run,
// wherever the original is now.
func planOf(dir *store.Dir) (plan.Plan, error) {
	p, err := readPlan(dir.File(store.Plan), plan.Default())
	if err == nil && isFile(p.Target) {
		if kept, ok := service.Copied(dir.File(store.Target), p.Target); ok {
			p.Target = kept
		}
	}
	return p, err
}

// findRun resolves what a person calls a run.
func findRun(dir, name string) (store.Found, error) {
	found, err := store.Find(dir, name)
	if err != nil {
		return found, usage(err, fmt.Sprintf("runs are looked for here and in %s; --store names another directory", dir))
	}
	return found, nil
}
