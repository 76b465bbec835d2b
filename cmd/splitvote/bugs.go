package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/experiment/bugs"
	"github.com/splitvote/splitvote/targets/bundled"
)

func bugsCommand() *cobra.Command {
	b := bugs.Search{Finds: 5, Correct: 500, Limit: 9*time.Minute + 30*time.Second}
	cmd := &cobra.Command{
		Use:   "bugs",
		Short: "every planted bug must be found, no correct build accused: the table of both",
		Long: `Bugs looks for every planted bug with plans that are drawn from seeds: the same plans for all of them, and for the correct
builds, of which none may be accused.

Exit status: 1 if a bug is missed or a correct build is accused · 2 if the time did not suffice to look at all of them ·
255 if it was stopped · 0 otherwise`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer debug.SetGCPercent(debug.SetGCPercent(400))
			verdict, err := b.Run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return verdictExit(verdict)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&b.Quick, "quick", false, "find each bug once, in two minutes; seeds that showed one come first")
	f.StringVar(&b.Target, "target", "", "only the bugs of this target: "+strings.Join(bundled.Names(), ", "))
	f.StringVar(&b.Bug, "bug", "", "only this one")
	f.IntVar(&b.Finds, "finds", b.Finds, "how often to find each, for the medians")
	f.IntVar(&b.Correct, "correct", b.Correct, "seeds of each correct build")
	f.DurationVar(&b.Limit, "for", b.Limit, "how long to look at most")
	f.IntVar(&b.Jobs, "jobs", runtime.GOMAXPROCS(0), "seeds at a time")
	f.Uint64Var(&b.Seed, "seed", 1, "first seed, from 1")
	f.BoolVar(&b.Shrink, "shrink", false, "then shrink the first find of every safety bug, in under a minute each")
	f.StringVar(&b.Remember, "remember", "", "write each bug's first seed to this file, as bugs/bugseeds.txt has them")
	f.StringVar(&b.JSON, "json", "", "write the matrix as JSON to this file")
	f.StringVar(&b.Markdown, "markdown", "", "write the tables into this Markdown file, between its marks")
	return cmd
}
