package store

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/report"
)

// Finding is a violation that runs of one plan share: the same kind and the same summary, except
// for keys and numbers.
type Finding struct {
	Plan, Kind, Summary string // the summary of the newest run that has it
	State               FindingState
	Runs                []string // paths of the runs that have it, newest first
}

// FindingState is what the newest judged run of the plan says about a finding.
type FindingState string

// The states of a finding.
const (
	FindingNew      FindingState = "new"      // the newest run has it, no earlier one had it
	FindingKnown    FindingState = "known"    // the newest run and an earlier one have it
	FindingResolved FindingState = "resolved" // an earlier run had it; the newest is valid
	FindingOpen     FindingState = "open"     // an earlier run had it; the newest has other findings or is unknown
)

var (
	keyed  = regexp.MustCompile(`\bkeys? [^ ,:]+`)
	number = regexp.MustCompile(`#?\d+`)
)

// identity is the key by which violations are grouped into one finding.
func identity(plan string, f report.ResultFound) string {
	words := number.ReplaceAllString(keyed.ReplaceAllString(f.Summary, "key"), "N")
	return strings.Join([]string{plan, f.Kind, words}, "\x00")
}

// Findings groups the violations of the runs, which must be sorted newest first. New findings come
// first, then known ones.
func Findings(entries []Entry) []Finding {
	at := map[string]int{}
	var all []Finding
	newest := map[string]Entry{} // newest judged run of each plan
	for _, e := range entries {
		if e.Results == nil {
			continue
		}
		if _, seen := newest[e.Name]; !seen {
			newest[e.Name] = e
		}
		for _, f := range e.Results.Violations {
			id := identity(e.Name, f)
			i, seen := at[id]
			if !seen {
				i = len(all)
				at[id] = i
				all = append(all, Finding{Plan: e.Name, Kind: f.Kind, Summary: f.Summary})
			}
			if runs := all[i].Runs; len(runs) == 0 || runs[len(runs)-1] != e.Path {
				all[i].Runs = append(all[i].Runs, e.Path)
			}
		}
	}
	for i := range all {
		f := &all[i]
		last := newest[f.Plan]
		switch has := f.Runs[0] == last.Path; {
		case has && len(f.Runs) == 1:
			f.State = FindingNew
		case has:
			f.State = FindingKnown
		case last.Results.Verdict == "valid":
			f.State = FindingResolved
		default:
			f.State = FindingOpen
		}
	}
	order := []FindingState{FindingNew, FindingKnown, FindingOpen, FindingResolved}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State))
	})
	return all
}
