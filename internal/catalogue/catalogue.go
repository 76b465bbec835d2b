// Package catalogue lists what there is to choose from: targets, workloads, faults and the rest.
package catalogue

import (
	"fmt"
	"strings"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

// Row is a thing that exists, for a person and for a program.
type Row struct {
	Name     string   `json:"name"`
	Doc      string   `json:"doc"`
	Details  []string `json:"details,omitempty"` // calls of a model, shapes of a fault, source of a bug
	Settings []string `json:"settings,omitempty"`
}

// Lists are the literal tables behind splitvote list.
var Lists = []struct {
	Name string
	Rows func() []Row
}{
	{"targets", targetsRows},
	{"workloads", workloadsRows},
	{"faults", faultsRows},
	{"models", modelsRows},
	{"bugs", bugsRows},
	{"controls", controlsRows},
	{"backends", backendsRows},
}

func targetsRows() []Row {
	var rows []Row
	for _, t := range bundled.All() {
		p := t.Protocol()
		r := Row{Name: p.Name, Doc: p.Doc}
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

func workloadsRows() []Row {
	var rows []Row
	for _, w := range workloads.All() {
		r := Row{Name: w.Name, Doc: w.Doc, Details: []string{"model " + w.Model + ", calls " +
			strings.Join(w.Calls, ", ")}}
		rows = append(rows, r)
	}
	all := Row{Name: "(all)", Doc: "settings of every workload"}
	for _, s := range harness.Settings() {
		all.Settings = append(all.Settings, fmt.Sprintf("--set %s=N: %s", s.Name, s.Doc))
	}
	return append(rows, all)
}

func faultsRows() []Row {
	var rows []Row
	for _, k := range nemesis.Kinds() {
		r := Row{Name: k.Name, Doc: k.Doc}
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

func modelsRows() []Row {
	var rows []Row
	for _, m := range levels.Models() {
		rows = append(rows, Row{Name: m.Name, Doc: m.Doc, Details: m.Calls})
	}
	return rows
}

func bugsRows() []Row {
	var rows []Row
	for _, t := range bundled.All() {
		for _, m := range t.Protocol().Mutants {
			rows = append(rows, Row{Name: m.Name, Doc: m.Doc,
				Details: []string{string(m.Class) + "; after " + m.Source}})
		}
	}
	return rows
}

func controlsRows() []Row {
	var rows []Row
	for _, lie := range controls.All() {
		noticed := "no workload of ours notices it every time"
		if by := controls.NoticedBy(lie.Name); len(by) > 0 {
			noticed = "noticed by " + strings.Join(by, ", ")
		}
		rows = append(
			rows,
			Row{Name: lie.Name, Doc: "The harness lies: " + lie.Doc + ".", Details: []string{noticed}},
		)
	}
	return rows
}

func backendsRows() []Row {
	var rows []Row
	for _, b := range experiment.Backends {
		rows = append(rows, Row{Name: b.Name, Doc: b.Doc})
	}
	return rows
}
