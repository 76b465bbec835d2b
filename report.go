package splitvote

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
)

// Report is what came of a run, or of a check.
type Report struct {
	Verdict  Verdict
	Reason   string     // why it is not valid, in a line
	Evidence []Evidence // the violations, each as few calls as show it
	Seed     uint64
	History  *history.History // whatever was recorded

	Dir    string // of the run: its plan, history, logs and reports; "" for a check
	Page   string // report.html in it
	Replay string // command that repeats the run
	Shrink string // command that makes it small
	Check  string // command that judges its history again
}

// Evidence is one violation.
type Evidence struct {
	Kind    string // stale-read, lost-append, ...
	Key     string // of the object
	Summary string // in a line
	Calls   []Call // in the order of their beginnings
}

// Call is one call of a client, and what is wrong with it.
type Call struct {
	Invoked   history.Op
	Completed *history.Op // nil where it never ended
	Why       string
}

// String is the evidence as the command prints it: a line, and one for each call that says
// something.
func (e Evidence) String() string {
	var b strings.Builder
	b.WriteString(e.Summary)
	for _, c := range e.Calls {
		if c.Why != "" {
			fmt.Fprintf(&b, "\n  %s", c.Why)
		}
	}
	return b.String()
}

func reportOf(run *report.Run) *Report {
	r := &Report{
		Verdict: run.Result.Verdict, Reason: run.Reason(), Seed: run.Seed, History: run.History,
		Page: run.Report, Replay: run.Replay, Shrink: run.Shrink, Check: run.Check,
	}
	if r.Page != "" {
		r.Dir = filepath.Dir(r.Page)
	}
	calls := map[int]history.Call{} // by the index of the invocation
	for _, c := range run.History.Calls() {
		calls[c.Invoke] = c
	}
	for _, e := range run.Result.Evidence {
		why := map[int]string{}
		for _, claim := range e.Why {
			why[claim.Op] = claim.Text
		}
		found := Evidence{Kind: e.Kind, Key: e.Key, Summary: e.Summary}
		for _, op := range e.Ops {
			if c, ok := calls[op]; ok {
				found.Calls = append(
					found.Calls,
					Call{*run.History.Invocation(c), run.History.Completion(c), why[op]},
				)
			}
		}
		r.Evidence = append(r.Evidence, found)
	}
	return r
}
