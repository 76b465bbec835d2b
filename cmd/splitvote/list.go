package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

// row is a thing that exists, for a person and for a program.
type row struct {
	Name     string   `json:"name"`
	Doc      string   `json:"doc"`
	Details  []string `json:"details,omitempty"` // calls of a model, shapes of a fault, source of a bug
	Settings []string `json:"settings,omitempty"`
}

// lists are the literal tables behind splitvote list.
var lists = []struct {
	name string
	rows func() []row
}{
	{"targets", listTargets},
	{"workloads", listWorkloads},
	{"faults", listFaults},
	{"models", listModels},
	{"bugs", listBugs},
	{"controls", listControls},
	{"backends", listBackends},
}

func listCommand() *cobra.Command {
	var asJSON bool
	var names []string
	for _, l := range lists {
		names = append(names, l.name)
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
			chosen := map[string][]row{}
			for _, l := range lists {
				if len(args) == 0 || args[0] == l.name {
					chosen[l.name] = l.rows()
				}
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(chosen)
			}
			for i, l := range lists {
				if rows, ok := chosen[l.name]; ok {
					if len(chosen) > 1 {
						fmt.Fprintf(cmd.OutOrStdout(), "%s%s\n", strings.Repeat("\n", min(i, 1)), l.name)
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

func printRows(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(w, "  %s\t%s\n", r.Name, r.Doc)
		for _, d := range append(r.Details, r.Settings...) {
			fmt.Fprintf(w, "  \t  %s\n", d)
		}
	}
	w.Flush()
}

func listTargets() []row {
	var rows []row
	for _, t := range bundled.All() {
		p := t.Protocol()
		r := row{Name: p.Name, Doc: p.Doc}
		for _, o := range p.Options {
			values := strings.Join(o.Values, "|")
			if len(o.Values) == 0 {
				values = "N"
			}
			r.Settings = append(r.Settings, fmt.Sprintf("--set %s=%s (%s): %s", o.Name, values, o.Default, o.Doc))
		}
		rows = append(rows, r)
	}
	return rows
}

func listWorkloads() []row {
	var rows []row
	for _, w := range workloads.All() {
		r := row{Name: w.Name, Doc: w.Doc, Details: []string{"model " + w.Model + ", calls " +
			strings.Join(w.Calls, ", ")}}
		rows = append(rows, r)
	}
	all := row{Name: "(all)", Doc: "settings of every workload"}
	for _, s := range harness.Settings() {
		all.Settings = append(all.Settings, fmt.Sprintf("--set %s=N: %s", s.Name, s.Doc))
	}
	return append(rows, all)
}

func listFaults() []row {
	var rows []row
	for _, k := range nemesis.Kinds() {
		r := row{Name: k.Name, Doc: k.Doc}
		for _, s := range k.Shapes {
			r.Details = append(r.Details, s.Name+": "+s.Doc)
		}
		if !k.Ordinary {
			r.Doc += " Campaigns do not draw it."
		}
		rows = append(rows, r)
	}
	return rows
}

func listModels() []row {
	var rows []row
	for _, m := range levels.Models() {
		rows = append(rows, row{Name: m.Name, Doc: m.Doc, Details: m.Calls})
	}
	return rows
}

func listBugs() []row {
	var rows []row
	for _, t := range bundled.All() {
		for _, m := range t.Protocol().Mutants {
			rows = append(rows, row{Name: m.Name, Doc: m.Doc,
				Details: []string{string(m.Class) + "; after " + m.Source}})
		}
	}
	return rows
}

func listControls() []row {
	var rows []row
	for _, lie := range controls.All() {
		noticed := "no workload of ours notices it every time"
		if by := controls.NoticedBy(lie.Name); len(by) > 0 {
			noticed = "noticed by " + strings.Join(by, ", ")
		}
		rows = append(rows, row{Name: lie.Name, Doc: "The harness lies: " + lie.Doc + ".", Details: []string{noticed}})
	}
	return rows
}

func listBackends() []row {
	var rows []row
	for _, b := range experiment.Backends {
		rows = append(rows, row{Name: b.Name, Doc: b.Doc})
	}
	return rows
}
