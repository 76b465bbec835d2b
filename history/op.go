package history

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// NodeID names a node of the cluster under test.
type NodeID string

// Process is a logical client: it has at most one operation under way (H1). [Nemesis] is the
// process that does harm.
type Process int64

// Nemesis is the process of the faults. It is written as "nemesis".
const Nemesis Process = -1

func (p Process) String() string {
	if p == Nemesis {
		return "nemesis"
	}
	return strconv.Itoa(int(p))
}

// MarshalJSON writes a number, or "nemesis".
func (p Process) MarshalJSON() ([]byte, error) {
	if p == Nemesis {
		return []byte(`"nemesis"`), nil
	}
	return strconv.AppendInt(nil, int64(p), 10), nil
}

// UnmarshalJSON reads a number from 0, or "nemesis".
func (p *Process) UnmarshalJSON(data []byte) error {
	if string(data) == `"nemesis"` {
		*p = Nemesis
		return nil
	}
	n, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("process is %s, want a number from 0 or \"nemesis\"", data)
	}
	*p = Process(n)
	return nil
}

// Kind says what an event is: the invocation of a call, or its completion and how that ended.
type Kind uint8

// The kinds of events.
const (
	Invoke Kind = iota // a call begins
	Ok                 // it took effect, and Value says what it returned
	Fail               // it certainly had no effect
	Info               // it may have had an effect, or may have one later; the process is never used again (H4)
)

var kinds = [...]string{"invoke", "ok", "fail", "info"}

func (k Kind) String() string { return kinds[k] }

// MarshalText writes invoke, ok, fail or info.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) >= len(kinds) {
		return nil, fmt.Errorf("no such kind of event: %d", k)
	}
	return []byte(kinds[k]), nil
}

// UnmarshalText reads invoke, ok, fail or info.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kinds {
		if string(text) == name {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("type is %q, want invoke, ok, fail or info", text)
}

// Op is one event of a history: a line of history.jsonl.
type Op struct {
	Index   int             `json:"index"` // position in the history, from 0, dense
	Time    time.Duration   `json:"time"`  // nanoseconds since the start of the run; never falls (H3)
	Process Process         `json:"process"`
	Kind    Kind            `json:"type"`
	Final   bool            `json:"final,omitempty"` // made after everything has settled, to see what is left
	F       string          `json:"f"`               // the model's name of the call: read, write, cas ...
	Key     string          `json:"key,omitempty"`   // which object, where a history has several
	Value   json.RawMessage `json:"value"`           // arguments; in a completion also what was returned; never changed
	Node    NodeID          `json:"node,omitempty"`  // asked (invocation) or answering (completion)
	Err     string          `json:"error,omitempty"` // why a call failed or is unknown
}
