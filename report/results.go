package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// resultsFormat is the version of results.json. Fields are added, never renamed.
const resultsFormat = 1

// resultsEvidence bounds the violations that are listed with their operations; all are in Result.
const resultsEvidence = 100

// Results is results.json: the run for machines. Durations are in nanoseconds.
type Results struct {
	Format     int              `json:"format"`
	Verdict    string           `json:"verdict"` // valid, unknown, invalid; failed if the experiment itself did
	Exit       int              `json:"exit"`
	Reason     string           `json:"reason,omitempty"`
	Cause      checker.Cause    `json:"cause,omitempty"`
	Problem    string           `json:"problem,omitempty"`
	Name       string           `json:"name"`
	Target     string           `json:"target,omitempty"`
	Backend    string           `json:"backend,omitempty"`
	BackendWhy string           `json:"backend-why,omitempty"`
	Workload   string           `json:"workload,omitempty"`
	Nodes      []history.NodeID `json:"nodes,omitempty"`
	Seed       uint64           `json:"seed"`
	Bug        string           `json:"bug,omitempty"`
	Control    string           `json:"control,omitempty"`
	Lies       []int            `json:"lies,omitempty"`    // calls that the harness lied about
	Notices    []string         `json:"notices,omitempty"` // kinds of lies that the workload would have noticed
	Settings   []Setting        `json:"settings,omitempty"`
	Faults     []string         `json:"faults,omitempty"`
	Started    time.Time        `json:"started,omitzero"`
	Wall       time.Duration    `json:"wall"`
	Virtual    time.Duration    `json:"virtual,omitempty"`
	Version    string           `json:"version,omitempty"`
	Notes      []string         `json:"notes,omitempty"`

	Events     int            `json:"events"`
	Calls      checker.Counts `json:"calls"`
	ByF        []ResultCalls  `json:"by-f"`
	Windows    []ResultWindow `json:"windows"`
	Quiet      checker.Counts `json:"quiet"` // calls invoked while no fault was on
	Leaders    ResultLeaders  `json:"leaders"`
	Violations []ResultFound  `json:"violations"`
	Found      int            `json:"found"` // how many violations there are; the first 100 are in Violations
	Holds      []string       `json:"holds,omitempty"`
	Result     checker.Result `json:"result"`

	Replay string `json:"replay,omitempty"`
	Shrink string `json:"shrink,omitempty"`
	Check  string `json:"check,omitempty"`
	Report string `json:"report,omitempty"`
	Links  []Link `json:"links,omitempty"`
}

// ResultCalls counts the outcomes of the calls with one F; latencies are those of the successful
// ones.
type ResultCalls struct {
	F     string         `json:"f"`
	Calls checker.Counts `json:"calls"`
	P50   time.Duration  `json:"p50"`
	P95   time.Duration  `json:"p95"`
	P99   time.Duration  `json:"p99"`
	Max   time.Duration  `json:"max"`
}

// ResultWindow is a fault with the outcomes of the calls invoked while it lasted.
type ResultWindow struct {
	Fault history.Fault  `json:"fault"`
	From  time.Duration  `json:"from"`
	To    time.Duration  `json:"to"`
	Ended bool           `json:"ended"`
	Calls checker.Counts `json:"calls"`
}

// ResultLeaders summarises which nodes led, as the nodes said.
type ResultLeaders struct {
	Nodes     []history.NodeID `json:"nodes"`
	Changes   int              `json:"changes"`
	FirstTerm uint64           `json:"first-term"`
	LastTerm  uint64           `json:"last-term"`
}

// ResultFound is a violation with its operations written out.
type ResultFound struct {
	Kind    string     `json:"kind"`
	Key     string     `json:"key,omitempty"`
	Summary string     `json:"summary"`
	Ops     []ResultOp `json:"ops"`
	Why     []string   `json:"why"`           // sentences
	Faults  []string   `json:"faults"`        // sentences
	Active  []int      `json:"active"`        // numbers of the faults that were on
	Log     []string   `json:"log,omitempty"` // what a member said last, a line each
	LogFile string     `json:"log-file,omitempty"`
}

// ResultOp is one call of a violation.
type ResultOp struct {
	Index      int           `json:"index"` // of the invocation
	Says       string        `json:"says"`
	Kind       history.Kind  `json:"type"` // how it ended
	Invocation history.Op    `json:"invocation"`
	Completion *history.Op   `json:"completion"` // null while pending
	From       time.Duration `json:"from"`
	To         time.Duration `json:"to"` // -1 where the outcome is unknown
}

// JSON writes results.json.
func JSON(w io.Writer, r *Run) error {
	results := summarise(r)
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(results)
}

// ReadResults reads what JSON wrote.
func ReadResults(in io.Reader) (*Results, error) {
	var results Results
	if err := json.NewDecoder(in).Decode(&results); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	if results.Format != resultsFormat {
		return nil, fmt.Errorf("results: format %d, want %d", results.Format, resultsFormat)
	}
	return &results, nil
}

// Run is the run that the results tell of, with its history and statuses.
func (s *Results) Run(h *history.History, statuses []StatusAt) *Run {
	return &Run{Name: s.Name, Target: s.Target, Backend: s.Backend, BackendWhy: s.BackendWhy, Workload: s.Workload,
		Nodes: s.Nodes, Seed: s.Seed, Bug: s.Bug, Control: s.Control, Lies: s.Lies,
		Notices: s.Notices, Settings: s.Settings,
		Faults: s.Faults, Started: s.Started,
		Wall:    s.Wall,
		Virtual: s.Virtual, History: h, Statuses: statuses, Result: s.Result, Problem: s.Problem, Notes: s.Notes,
		Replay: s.Replay, Shrink: s.Shrink, Check: s.Check, Report: s.Report, Links: s.Links, Version: s.Version}
}

func summarise(r *Run) *Results {
	f := count(r)
	s := &Results{Format: resultsFormat, Verdict: r.Outcome(), Exit: r.Exit(), Reason: r.Reason(),
		Cause: r.Result.Cause, Problem: r.Problem, Name: r.Name, Target: r.Target, Backend: r.Backend,
		BackendWhy: r.BackendWhy, Workload: r.Workload,
		Nodes: r.Nodes, Seed: r.Seed, Bug: r.Bug, Control: r.Control, Lies: r.Lies,
		Notices: r.Notices, Settings: r.Settings,
		Faults: r.Faults, Started: r.Started,
		Wall:    r.Wall,
		Virtual: r.Virtual, Version: r.Version, Notes: r.Notes, Calls: f.calls, Quiet: f.quiet, Holds: r.Result.Holds,
		Found: len(evidence(r.Result)), Result: writable(r.Result), Replay: r.Replay, Shrink: r.Shrink, Check: r.Check,
		Report: r.Report, Links: r.Links, ByF: []ResultCalls{}, Windows: []ResultWindow{}, Violations: []ResultFound{},
		Leaders: ResultLeaders{Nodes: append([]history.NodeID{}, f.leads.Leaders...), Changes: f.leads.Changes,
			FirstTerm: f.leads.First, LastTerm: f.leads.Last}}
	if r.History != nil {
		s.Events = len(r.History.Ops)
	}
	for _, c := range f.byF {
		s.ByF = append(s.ByF, ResultCalls{c.F, c.Counts, c.Latency.P50, c.Latency.P95, c.Latency.P99, c.Latency.Max})
	}
	for _, w := range f.windows {
		s.Windows = append(s.Windows, ResultWindow{w.Fault, w.From, w.To, w.Ended, w.Calls})
	}
	for _, v := range violations(r, &f, resultsEvidence) {
		s.Violations = append(s.Violations, v.result(&f))
	}
	return s
}

func (v *violation) result(f *figures) ResultFound {
	found := ResultFound{Kind: v.Kind, Key: v.Key, Summary: v.Summary, Ops: []ResultOp{},
		Why: append([]string{}, v.Said...), Faults: append([]string{}, v.Faults...), Active: []int{},
		Log: lastWords(&v.Evidence), LogFile: v.LogFile}
	for _, row := range v.Rows {
		to := row.To
		if to == history.Forever {
			to = -1
		}
		found.Ops = append(found.Ops, ResultOp{row.Index, row.What, row.Kind, whole(row.op), wholePointer(row.done),
			row.From, to})
	}
	for _, i := range v.Active {
		found.Active = append(found.Active, f.windows[i].ID)
	}
	return found
}

// whole is op with a value: an absent one is null.
func whole(op *history.Op) history.Op {
	o := *op
	if !json.Valid(o.Value) {
		o.Value = json.RawMessage("null")
	}
	return o
}

func wholePointer(op *history.Op) *history.Op {
	if op == nil {
		return nil
	}
	o := whole(op)
	return &o
}

// writable replaces the figures that JSON has no words for, such as an infinite number, by what
// they print as (R2).
func writable(r checker.Result) checker.Result {
	if len(r.Stats) > 0 {
		stats := make(map[string]any, len(r.Stats))
		for name, value := range r.Stats {
			if _, err := json.Marshal(value); err != nil {
				value = fmt.Sprint(value)
			}
			stats[name] = value
		}
		r.Stats = stats
	}
	if r.Parts != nil {
		parts := make([]checker.Result, len(r.Parts))
		for i, p := range r.Parts {
			parts[i] = writable(p)
		}
		r.Parts = parts
	}
	return r
}
