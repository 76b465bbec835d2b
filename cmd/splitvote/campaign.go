package main

import (
	"context"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/splitvote/splitvote/experiment/campaign"
)

func campaignCommand() *cobra.Command {
	c := campaigner{runner: runner{flags: campaign.Base()}}
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "many seeds in the simulator; stores what it finds",
		Long: `Campaign draws a plan from each seed (faults, rates, cluster size, workload and settings), runs it in the simulator, and
stops at the first violation, or collects them with --keep-going. A seed that breaks an invariant and that no client has noticed
is tried four times more under other luck. A flag of the plan pins what would be drawn otherwise.

The same command goes on where an earlier one was stopped. --shard i/n does every n-th seed, so that n machines divide a
campaign; "splitvote campaign merge" adds their results up. In a Kubernetes Indexed Job, --shard /n takes i from
JOB_COMPLETION_INDEX.

Exit status: 1 with a finding · 2 if no seed was valid · 255 if it was stopped · 0 otherwise`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.addFlags(cmd.Flags())
	cmd.AddCommand(mergeCommand())
	return cmd
}

// campaigner is splitvote campaign with its flags.
type campaigner struct {
	runner
	campaign.Campaign
}

// drawn are the flags of run that pin what is drawn otherwise, each with its default in the help.
var drawn = map[string]string{"workload": "", "concurrency": "", "nodes": "0", "rate": "0",
	"fault-interval": "0", "time-limit": "0"}

func (c *campaigner) addFlags(f *pflag.FlagSet) {
	ofRun := pflag.NewFlagSet("run", pflag.ContinueOnError)
	c.runner.addFlags(ofRun)
	for name, none := range drawn {
		ofRun.Lookup(name).DefValue = none
		f.AddFlag(ofRun.Lookup(name))
	}
	for _, name := range strings.Fields("target bug faults set heal-limit timeout checker-timeout name store json") {
		f.AddFlag(ofRun.Lookup(name))
	}
	f.Lookup("name").Usage = "name of the campaign's directory (default: made of what the campaign is)"
	f.Lookup("faults").Usage = strings.TrimSuffix(f.Lookup("faults").Usage, " (default none)") + "; or none"
	f.Uint64Var(&c.flags.Seed, "seed", 1, "first seed, from 1")
	f.IntVar(&c.Seeds, "seeds", 0, "how many seeds, all shards together (default 1000, or what --for allows)")
	f.DurationVar(&c.Limit, "for", 0, "how long, interruptions aside (default: until all seeds are done)")
	f.IntVar(&c.Jobs, "jobs", runtime.GOMAXPROCS(0), "seeds at a time")
	f.StringVar(&c.Shard, "shard", "", "i/n, i from 0: each n-th seed from the i-th on; /n: i is $JOB_COMPLETION_INDEX")
	f.BoolVar(&c.KeepGoing, "keep-going", false, "collect findings instead of stopping at the first")
}

func (c *campaigner) run(ctx context.Context, given *pflag.FlagSet, out, errs io.Writer) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // short-lived histories of a few megabytes each: memory is cheap
	c.Plan = campaign.Base()
	if err := c.override(&c.Plan, given); err != nil {
		return err
	}
	c.Plan.Seed = c.flags.Seed
	c.Pinned, c.Store, c.Tell = given.Changed, c.store, errs
	sum, err := c.Run(ctx)
	return summed(sum, err, out, c.json)
}

// summed prints what a campaign came to, and ends with its verdict.
func summed(sum *campaign.Summary, err error, out io.Writer, asJSON bool) error {
	if sum == nil {
		return err
	}
	if err := sum.Print(out, asJSON); err != nil {
		return failed(err)
	}
	if err != nil {
		return err
	}
	return verdictExit(sum.Verdict())
}

func mergeCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "add up the shards of a campaign",
		Args:  atLeastOne("the directories of a campaign's shards"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			sum, err := campaign.Merge(dirs)
			if err != nil {
				return err
			}
			return summed(&sum, nil, cmd.OutOrStdout(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}
