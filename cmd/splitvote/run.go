package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/internal/progress"
	"github.com/splitvote/splitvote/plan"
)

func runCommand() *cobra.Command {
	r := runner{flags: plan.Default()}
	cmd := &cobra.Command{
		Use:   "run [PLAN.yaml]",
		Short: "one test: cluster, clients, faults, verdict, report",
		Long: `Run starts a cluster, drives clients at it while faults are on, and judges what they saw.

What a plan file does not say is as the defaults have it, and flags come before both. Every flag but --store,
--print-plan, --test-count, --attach and --json is also a key of the plan.`,
		Args: atMost(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := r.plan(cmd, args)
			if err != nil {
				return err
			}
			return r.run(cmd.Context(), p, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	r.addFlags(cmd.Flags())
	return cmd
}

// runner is splitvote run with its flags.
type runner struct {
	flags       plan.Plan // as the flags say; only those that were given count
	faults      []string
	set         []string
	store       string
	attach      string
	anyWorkload bool // nobody has said which
	printPlan   bool
	json        bool
	count       int
}

// plan is the plan that the file and the flags make.
func (r *runner) plan(cmd *cobra.Command, args []string) (plan.Plan, error) {
	p := plan.Default()
	if len(args) == 1 {
		var err error
		if p, err = experiment.ReadPlan(args[0], p); err != nil {
			return p, err
		}
	}
	if err := r.override(&p, cmd.Flags()); err != nil {
		return p, err
	}
	if len(args) == 0 && !cmd.Flags().Changed("workload") {
		r.anyWorkload = true
	}
	if r.count < 1 {
		return p, usage(fmt.Errorf("--test-count: %d is not from 1", r.count))
	}
	return p, nil
}

// run carries out the plan, as often as was asked for.
func (r *runner) run(ctx context.Context, p plan.Plan, out, errs io.Writer) error {
	x, err := experiment.Resolve(ctx, p, experiment.Options{Store: r.store, Attach: r.attach,
		AnyWorkload: r.anyWorkload, Reaper: startReaper, Errs: errs,
		Progress: func(total time.Duration) experiment.Progress {
			return progress.New(errs, total)
		}})
	if err != nil {
		return err
	}
	if r.printPlan {
		_, err := io.WriteString(out, x.Plan.String())
		return err
	}
	worst := checker.Valid
	for i := range r.count {
		run, err := x.Again(uint64(i)).Run(ctx)
		if run != nil {
			if err := printRun(out, run, r.json); err != nil {
				return failed(err)
			}
			worst = max(worst, run.Result.Verdict)
		}
		if worst == checker.Invalid {
			break // a violation stands, whatever else went wrong
		}
		if err != nil {
			return err
		}
	}
	return verdictExit(worst)
}
