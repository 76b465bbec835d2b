package main

import (
	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/cluster/docker/netfault"
)

// netfaultCommand is what a side container runs: nobody else needs it.
func netfaultCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "netfault",
		Short:  "cut links in this network namespace, as told on standard input",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := netfault.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout()); err != nil {
				return failed(err)
			}
			return nil
		},
	}
}
