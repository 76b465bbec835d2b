package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/internal/catalogue"
	"github.com/splitvote/splitvote/plan"
)

func listCommand() *cobra.Command {
	var asJSON bool
	var names []string
	for _, l := range catalogue.Lists {
		names = append(names, l.Name)
	}
	cmd := &cobra.Command{
		Use:       "list [" + strings.Join(names, "|") + "]",
		Short:     "what there is to choose from",
		ValidArgs: names,
		Args:      atMost(1, "one list"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && !slices.Contains(names, args[0]) {
				return usage(fmt.Errorf("no such list: %q", args[0]), plan.Suggest(args[0], names))
			}
			chosen := map[string][]catalogue.Row{}
			for _, l := range catalogue.Lists {
				if len(args) == 0 || args[0] == l.Name {
					chosen[l.Name] = l.Rows()
				}
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(chosen)
			}
			for i, l := range catalogue.Lists {
				if rows, ok := chosen[l.Name]; ok {
					if len(chosen) > 1 {
						fmt.Fprintf(cmd.OutOrStdout(), "%s%s\n", strings.Repeat("\n", min(i, 1)), l.Name)
					}
					printRows(cmd.OutOrStdout(), rows)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printRows(out io.Writer, rows []catalogue.Row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(w, "  %s\t%s\n", r.Name, r.Doc)
		for _, d := range append(r.Details, r.Settings...) {
			fmt.Fprintf(w, "  \t  %s\n", d)
		}
	}
	w.Flush()
}
