package linear

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// A lead is how an object comes to what it holds initially: calls that nobody recorded, each of
// which ended before the next began and before everything that was recorded. An object with a lead
// is linearizable from the empty state if and only if without it it is from the state to which the
// lead goes, since every order must begin with the lead. So every engine and every algorithm judges
// initial values without knowing of them, and an explanation may leave out of a lead what it may
// leave out of any history. The calls of a lead are told by their negative numbers.

// leadOf is the lead of a key, without times.
func leadOf[S, In, Out any](m model.Model[S, In, Out], key string, initial history.Initial) ([]call[In, Out], error) {
	calls, err := model.BeginningOf(m, key, initial)
	if err != nil {
		return nil, fmt.Errorf("the initial value of %s: %w", subject(key), err)
	}
	lead := make([]call[In, Out], len(calls))
	for i, in := range calls {
		lead[i] = call[In, Out]{in: in, begin: 2 * i, end: 2*i + 1, op: -1 - i}
	}
	return lead, nil
}

// follow puts a lead before the calls of an object, for which there is room.
func (o *object[In, Out]) follow(lead []call[In, Out]) {
	copy(o.calls, lead)
	for i := range o.calls[len(lead):] {
		c := &o.calls[len(lead)+i]
		c.begin += 2 * len(lead)
		if !c.pending() {
			c.end += 2 * len(lead)
		}
	}
}

// CheckInitial says what is wrong with initial values for a model of package model.
func CheckInitial(modelName string, initial history.Initial) error {
	c, err := named(modelName, Options{})
	if err != nil {
		return err
	}
	return c.checkInitial(initial)
}

func (c of[S, In, Out]) checkInitial(initial history.Initial) error {
	if initial.All != nil {
		if _, err := model.BeginningOf(c.m, "", history.Initial{All: initial.All}); err != nil {
			return fmt.Errorf("the initial value: %w", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(initial.Keys)) {
		if _, err := leadOf(c.m, key, initial); err != nil {
			return err
		}
	}
	return nil
}

// ofLead finds in a sentence a call of a lead.
var ofLead = regexp.MustCompile(`#-\d+( \([^)]*\))?( ended)?`)

// withoutLead names the calls of a lead by what they represent.
func withoutLead(e checker.Evidence) checker.Evidence {
	e.Ops = slices.Compact(slices.DeleteFunc(e.Ops, func(op int) bool { return op < 0 })) // a drain's calls are one
	for i := range e.Why {
		c := &e.Why[i]
		c.Text = ofLead.ReplaceAllString(c.Text, "the initial state")
		if c.Op < 0 && len(e.Ops) > 0 {
			c.Op = e.Ops[0]
		}
	}
	return e
}

// suggestInitial says of a call that contradicts nothing but what its object holds initially, how
// to say what it held.
func (e *explainer[S, In, Out]) suggestInitial(o object[In, Out], evidence checker.Evidence) []checker.Claim {
	if _, can := any(e.m).(model.Beginner[In]); !can || e.part || o.lead > 0 || len(evidence.Why) == 0 ||
		len(evidence.Ops) > 1 {
		return nil
	}
	accused := evidence.Why[0].Op
	at := slices.IndexFunc(o.calls, func(c call[In, Out]) bool { return c.op == accused })
	if at < 0 || o.calls[at].pending() {
		return nil
	}
	c := &o.calls[at]
	if in, ok := any(c.in).(model.RegisterCall); ok && in.F == model.CAS ||
		len(e.m.Step(nil, e.m.Init(), c.in, &c.out)) > 0 {
		return nil
	}
	if in, ok := any(c.in).(model.CounterCall); ok && in.F == model.Add {
		return nil // what it returned is not what was there
	}
	if slices.ContainsFunc(o.calls, func(b call[In, Out]) bool {
		return b.end < c.begin && !e.m.ReadOnly(b.in, b.result())
	}) {
		return nil
	}
	return []checker.Claim{{Op: accused,
		Text: "no call that changes anything had ended by then: if the object held this before any" +
			" call, say so with " + flagFor(c.out)}}
}

// flagFor is the flag that says that an object held initially what was returned.
func flagFor(out any) string {
	var value any
	switch out := out.(type) {
	case model.MultiResult:
		return flagsFor(out)
	case model.Value:
		value = json.RawMessage(out)
	case []model.Value:
		list := make([]json.RawMessage, len(out))
		for i, v := range out {
			list[i] = json.RawMessage(v)
		}
		value = list
	case model.CounterResult:
		value = out.Sum
	case string:
		value = out
	}
	const most = 40
	text, err := json.Marshal(value)
	if value == nil || err != nil || len(text) > most {
		return "--initial VALUE"
	}
	return "--initial '" + string(text) + "'"
}

// flagsFor are the flags that say what registers held that one call read.
func flagsFor(out model.MultiResult) string {
	var flags []string
	for name, value := range out.Reads {
		if value != model.Null {
			flags = append(flags, fmt.Sprintf("--initial '%s=%s'", name, value))
		}
	}
	return strings.Join(flags, " ")
}
