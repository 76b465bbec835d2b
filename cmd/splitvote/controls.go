package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/plan"
)

func controlsCommand() *cobra.Command {
	p := plan.Default()
	p.TimeLimit, p.Seed = plan.Duration(15*time.Second), 1
	var names []string
	var seeds int
	var store string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "whether a target's workloads notice lies that the harness tells",
		Long: `Controls shows that runs can fail. It runs each workload honestly, and once with each kind of lie that the
harness tells on the target's behalf, and prints which lies were found, by what, and after how many calls. It
ends with status 1 if an honest run was convicted or a lie was missed that the workload notices.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if seeds < 1 {
				return usage(fmt.Errorf("--seeds: %d is not from 1", seeds))
			}
			o := experiment.Options{Store: store, Reaper: startReaper, Errs: cmd.ErrOrStderr()}
			table := experiment.ControlTable{Out: cmd.OutOrStdout(), JSON: asJSON}
			if err := experiment.Controls(cmd.Context(), p, o, names, seeds, table.Add); err != nil {
				return err
			}
			right, err := table.End()
			if err != nil {
				return failed(err)
			}
			if !right {
				return verdictExit(checker.Invalid)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.Target, "target", p.Target, "system under test: a bundled protocol, or the YAML file of a service")
	f.StringSliceVar(&names, "workload", nil, "what the clients do (default: each workload that the target serves)")
	f.StringVar(&p.Backend, "backend", p.Backend, "as of run; auto is sim for a bundled protocol")
	f.IntVar(&p.Nodes, "nodes", p.Nodes, "members, from 1 to 9")
	f.StringSliceVar(&p.Faults, "faults", nil, "what breaks beside the lies (default none)")
	f.Var(&p.TimeLimit, "time-limit", "length of each run's main phase")
	f.Uint64Var(&p.Seed, "seed", p.Seed, "of the first run")
	f.IntVar(&seeds, "seeds", 3, "runs of each kind")
	f.StringVar(&store, "store", "runs", "directory of the runs, which sim does not need")
	f.BoolVar(&asJSON, "json", false, "print the table as JSON")
	return cmd
}
