package checker

import (
	"context"
	"fmt"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Verdict is the answer of a checker. Verdicts merge by maximum.
type Verdict uint8

// The verdicts, in the order in which they merge.
const (
	Valid Verdict = iota
	Unknown
	Invalid
)

var verdicts = [...]string{"valid", "unknown", "invalid"}

func (v Verdict) String() string { return verdicts[v] }

// MarshalText writes valid, unknown or invalid.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(verdicts[v]), nil }

// UnmarshalText reads valid, unknown or invalid.
func (v *Verdict) UnmarshalText(text []byte) error {
	for i, name := range verdicts {
		if string(text) == name {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("verdict is %q, want valid, unknown or invalid", text)
}

// Checker judges a history. It sees the history and nothing else.
type Checker interface {
	Name() string
	Check(ctx context.Context, h *history.History) Result
}

// Result is what a checker found.
type Result struct {
	Checker string  `json:"checker"`
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"` // one line: why it is not valid
	Cause   Cause   `json:"cause,omitempty"`  // why it is unknown, for machines
	// what would decide an unknown verdict, where Cause alone does not tell
	Decide   string     `json:"decide,omitempty"`
	Method   string     `json:"method,omitempty"`   // how it was decided: zones, search, porcupine ...
	Evidence []Evidence `json:"evidence,omitempty"` // the violations, the clearest first
	// weaker models that the history still satisfies, strongest first
	Holds []string       `json:"holds,omitempty"`
	Stats map[string]any `json:"stats,omitempty"` // figures of the checker's own
	Took  time.Duration  `json:"took,omitempty"`  // nanoseconds of wall time; not part of the verdict
	Parts []Result       `json:"parts,omitempty"` // of a composition
}

// Cause says why a verdict is unknown, in words that a script can match.
type Cause string

// The causes of an unknown verdict.
const (
	Timeout   Cause = "timeout"    // the time limit came first
	Memory    Cause = "memory"     // the memory limit came first
	Cancelled Cause = "cancelled"  // the user stopped it
	TooLittle Cause = "too-little" // too little happened to say anything
	NoBite    Cause = "no-bite"    // a fault did not take effect
	Panicked  Cause = "panic"      // the checker itself failed
	Cutoff    Cause = "incomplete" // the history is not whole
	Malformed Cause = "malformed"  // the history holds calls that the model does not know
	Undecided Cause = "undecided"  // nothing shows that it is so, nor that it is not
	Ambiguous Cause = "ambiguous"  // a value was written twice, so that reads do not tell which write they saw
)

// Evidence is one violation: the smallest set of operations that shows it, and why it cannot be.
type Evidence struct {
	Kind    string `json:"kind"`          // stale-read, value-from-nowhere, lost-append, no-progress ...
	Key     string `json:"key,omitempty"` // the object
	Summary string `json:"summary"`       // one line: "key x is not linearizable"
	// indices of the invocations, in time order; dropping any one leaves no violation, except a
	// failed call that explains it
	Ops []int   `json:"ops"`
	Why []Claim `json:"why"` // one sentence an operation, where there is something to say

	Cycle []Dependency `json:"cycle,omitempty"` // of transactions: each step leads to where the next begins
	// of transactions: what it is about, as JSON; nil for all that they touched
	Keys []string `json:"keys,omitempty"`

	Log     []string `json:"log,omitempty"`      // what a member said last, a line each
	LogFile string   `json:"log-file,omitempty"` // where it says more
}

// Dependency says that one operation comes before another.
type Dependency struct {
	From  int    `json:"from"` // index of the invocation
	To    int    `json:"to"`
	Kind  string `json:"kind"`            // ww, wr, rw, process or realtime
	Label string `json:"label,omitempty"` // over what: the key
}

// Claim is a sentence about one operation.
type Claim struct {
	Op   int    `json:"op"` // index of the invocation
	Text string `json:"text"`
}
