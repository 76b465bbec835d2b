package report

import (
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// Run is the input of a report. The zero value of a field means that there is nothing to say about
// it, so a history recorded elsewhere has a report too.
type Run struct {
	Name       string // of the plan, or of the history's file
	Target     string
	Backend    string
	BackendWhy string // why this backend was chosen, if the user did not choose it
	Workload   string // or the model, for a recorded history
	Nodes      []history.NodeID
	Seed       uint64
	Bug        string    // planted bug, "" for a correct build
	Notices    []string  // kinds of lies of the harness that this workload would have noticed
	Control    string    // kind of lie that the harness told, "" for none
	Lies       []int     // calls that the harness lied about, by the index of their invocation
	Settings   []Setting // everything else that was set or drawn, in the order in which it is shown
	Faults     []string  // kinds of faults that were asked for
	Started    time.Time
	Wall       time.Duration // real time the run took, checking excluded
	Virtual    time.Duration // simulated time that passed, 0 outside the simulator

	History  *history.History // nil where nothing was recorded
	Statuses []StatusAt       // in time order
	// messages among the nodes in the order of their sending, where a simulator has told of them
	Exchanges []Exchange
	Result    checker.Result
	Problem   string   // the experiment itself failed: one line, "" if it did not
	Notes     []string // further notes for the reader: a history cut off in mid-line ...

	Replay  string // command that repeats the run, "" if it cannot be
	Shrink  string // command that shrinks it
	Check   string // command that judges the recorded history again
	Report  string // path of report.html as a person would type it, "" if none is written
	Links   []Link // further files, relative to report.html
	Version string // of the tool
}

// Setting is a name with its value.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Link is a file worth opening, as Porcupine's drawing of one key.
type Link struct {
	Name string `json:"name"`
	Path string `json:"path"` // relative, with forward slashes
}

// StatusAt is a node's status at a time: a line of status.jsonl. It holds until the node's next.
type StatusAt struct {
	Time    time.Duration  `json:"time"` // nanoseconds since the start of the run
	Node    history.NodeID `json:"node"`
	Up      bool           `json:"up"` // false while the node cannot be asked
	Role    string         `json:"role,omitempty"`
	Leader  history.NodeID `json:"leader,omitempty"` // the node that it believes to lead
	Term    uint64         `json:"term,omitempty"`
	Commit  uint64         `json:"commit,omitempty"`
	Applied uint64         `json:"applied,omitempty"`
}

// Exit statuses of the tool that follow from a run.
const (
	ExitValid   = 0
	ExitInvalid = 1
	ExitUnknown = 2
	ExitFailed  = 255
)

// Exit returns the exit status for a run. A violation stands even if the experiment broke down
// afterwards: the recorded calls did happen.
func (r *Run) Exit() int {
	switch {
	case r.Result.Verdict == checker.Invalid:
		return ExitInvalid
	case r.Problem != "":
		return ExitFailed
	case r.Result.Verdict == checker.Unknown:
		return ExitUnknown
	default:
		return ExitValid
	}
}

// Outcome returns the run's result in a word: valid, invalid, unknown, or failed if the experiment
// itself did.
func (r *Run) Outcome() string {
	if r.Exit() == ExitFailed {
		return "failed"
	}
	return r.Result.Verdict.String()
}

// Reason says in a line why the run is not valid, "" if it is.
func (r *Run) Reason() string {
	switch {
	case r.Exit() == ExitFailed:
		return r.Problem
	case r.Result.Verdict == checker.Valid:
		return ""
	case r.Result.Reason == "" && len(r.Result.Evidence) > 0:
		return r.Result.Evidence[0].Summary
	default:
		return r.Result.Reason
	}
}

// remarks are the notes, those of the history's reading, and that the history is cut off if none
// of them says so.
func (r *Run) remarks() []string {
	if r.History == nil {
		return r.Notes
	}
	remarks := append(slices.Clip(r.Notes), r.History.Notes...)
	said := func(note string) bool { return strings.Contains(note, r.History.Cut) }
	if r.History.Cut == "" || slices.ContainsFunc(r.Notes, said) {
		return remarks
	}
	return append(remarks, "the history was cut off: "+r.History.Cut+"; it is judged as far as it goes")
}
