package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/internal/build"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version, the commit it was built from, and the version of Go",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), build.Text())
			return err
		},
	}
}
