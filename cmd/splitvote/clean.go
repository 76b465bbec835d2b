package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/cluster/local"
)

func cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "remove what killed harnesses left: processes, containers, networks",
		Long: `Remove the processes, containers and networks of runs whose harness is dead. A run that is under way is left alone.

A harness that is killed has a process beside it that does the same for its run within seconds; clean is for what even
that could not do: a machine that was switched off, an engine that was gone.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := cmd.ErrOrStderr()
			processes, err := local.Clean("", log)
			var containers int
			if unavailable := docker.Available(cmd.Context()); unavailable != nil {
				fmt.Fprintf(log, "no containers to look for: %v\n", unavailable)
			} else {
				var left error
				containers, left = docker.Clean(cmd.Context(), log)
				err = errors.Join(err, left)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "removed %d processes, %d containers and networks\n", processes, containers)
			if err != nil {
				return failed(err)
			}
			return nil
		},
	}
}
