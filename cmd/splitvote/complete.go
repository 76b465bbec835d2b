package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/internal/judge"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

// completions are what a shell offers behind a flag: the names that there are.
var completions = map[string]func() []string{
	"target": bundled.Names, "protocol": bundled.Names, "backend": experiment.BackendNames, "workload": workloads.Names,
	"faults": nemesis.Names,
	"bug":    bugNames, "consistency": levels.All, "model": levels.ModelNames, "format": judge.Formats,
}

// bugNames are the planted bugs of all bundled protocols.
func bugNames() []string {
	var names []string
	for _, t := range bundled.All() {
		for _, m := range t.Protocol().Mutants {
			names = append(names, m.Name)
		}
	}
	return names
}

// completeNames lets the shell complete the names that flags of cmd and of the commands below it
// take.
func completeNames(cmd *cobra.Command) {
	for flag, names := range completions {
		if cmd.Flags().Lookup(flag) == nil {
			continue
		}
		err := cmd.RegisterFlagCompletionFunc(flag,
			func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
				return continued(typed, names()), cobra.ShellCompDirectiveNoFileComp
			})
		if err != nil {
			panic("splitvote: " + err.Error()) // only where a flag is registered twice
		}
	}
	for _, below := range cmd.Commands() {
		completeNames(below)
	}
}

// continued are the names as the last in a list of which the others were typed already.
func continued(typed string, names []string) []string {
	begun := typed[:strings.LastIndexByte(typed, ',')+1]
	var all []string
	for _, name := range names {
		if strings.HasPrefix(begun+name, typed) {
			all = append(all, begun+name)
		}
	}
	return all
}
