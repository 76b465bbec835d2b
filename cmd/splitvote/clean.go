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
		Args:  noArguments,
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
