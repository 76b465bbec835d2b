package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/internal/agent"
)

func mcpCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "serve the same calls to coding agents: the Model Context Protocol on standard input and output",
		Long: `Mcp offers list, run, check, explain, shrink and read_run as tools of the Model Context Protocol. Each tool is a call of this
command, with the flags that its arguments name, and answers with what the command prints and its exit status.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := agent.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), dir, run)
			if err != nil && cmd.Context().Err() == nil {
				return failed(fmt.Errorf("mcp: %w", err))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "store", "runs", "directory of the runs")
	return cmd
}
