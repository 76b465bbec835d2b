package checker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/history"
)

// ValueFromNowhere is the kind of evidence that a call returned what no call wrote that took
// effect, or may have.
const ValueFromNowhere = "value-from-nowhere"

// Whence adds to evidence of a value from nowhere where that value may come from: a call that wrote
// it and is recorded as failed, or else one that wrote a value that is easily mistaken for it. Both
// are named, and a failed one is among the evidence's Ops, although it is no part of the violation.
func Whence(h *history.History, e *Evidence) {
	if e.Kind != ValueFromNowhere || len(e.Why) == 0 {
		return
	}
	reader := slices.IndexFunc(h.Calls(), func(c history.Call) bool { return h.Invocation(c).Index == e.Why[0].Op })
	if reader < 0 || h.Kind(h.Calls()[reader]) != history.Ok {
		return
	}
	s := search{h: h, read: h.Completion(h.Calls()[reader]), claimed: e.Why[0].Op}
	for _, c := range h.Calls() {
		s.add(c)
	}
	for _, c := range s.failed {
		op := h.Invocation(c)
		if s.written[string(written(op))] {
			continue
		}
		blame(e, op.Index)
		first := e.Why[0]
		e.Why = slices.DeleteFunc(e.Why, func(c Claim) bool { return c.Op == first.Op && c != first }) // other guesses
		e.Why = append(e.Why, Claim{op.Index, Failed(op, h.Completion(c), s.claimed)})
		e.Ops = append(e.Ops, op.Index)
		slices.Sort(e.Ops)
		return
	}
	if s.near != nil {
		e.Why = append(e.Why, *s.near)
	}
}

// Failed says of a failed call that reader returned what it wrote.
func Failed(op, completion *history.Op, reader int) string {
	did := past[op.F]
	if did == "" {
		did = "called " + op.F + " with"
	}
	why := ""
	if completion.Err != "" {
		why = " (" + strconv.Quote(completion.Err) + ")"
	}
	return fmt.Sprintf("%s %s and said that it failed%s: either #%d saw an aborted write, or the recorder calls a "+
		"time-out `fail` where it must be `info`",
		did, written(op), why, reader)
}

// past are the calls that write, as a sentence tells them.
var past = map[string]string{"write": "wrote", "cas": "wrote", "put": "put", "add": "added", "append": "appended",
	"enqueue": "enqueued", "push": "pushed"}

// Writes says whether a failed call is worth blaming for what was seen: a plain write. A cas fails
// because its precondition is false, and what it would have written says little where others wrote
// the same.
func Writes(op *history.Op) bool { return op.F != "cas" && written(op) != nil }

// written is the value that a call writes, nil if it writes none.
func written(op *history.Op) json.RawMessage {
	if past[op.F] == "" {
		return nil
	}
	if op.F == "cas" {
		var pair []json.RawMessage
		if json.Unmarshal(op.Value, &pair) != nil || len(pair) != 2 {
			return nil
		}
		return pair[1]
	}
	return op.Value
}

// search looks for the source of what read returned.
type search struct {
	h       *history.History
	read    *history.Op
	claimed int             // index of the reader's invocation
	written map[string]bool // by calls of the same key that did not fail, of what was read
	failed  []history.Call  // of the same key, that wrote what was read
	near    *Claim          // about a call that wrote something like it
}

func (s *search) add(c history.Call) {
	op := s.h.Invocation(c)
	value := written(op)
	if value == nil || op.Process == history.Nemesis || op.Index > s.read.Index {
		return
	}
	parts := s.parts(op)
	has := slices.ContainsFunc(parts, func(part json.RawMessage) bool { return string(part) == string(value) })
	switch {
	case has && op.Key == s.read.Key && s.h.Kind(c) == history.Fail:
		s.failed = append(s.failed, c)
	case has && op.Key == s.read.Key:
		if s.written == nil {
			s.written = map[string]bool{}
		}
		s.written[string(value)] = true
	case s.near != nil:
	case has:
		s.near = &Claim{op.Index, fmt.Sprintf("%s %s too, but to key %s", past[op.F], value, op.Key)}
	case op.Key != "" && op.Key != s.read.Key && meant(value) == s.read.Key &&
		slices.ContainsFunc(parts, func(part json.RawMessage) bool {
			return meant(part) == op.Key
		}):
		s.near = &Claim{op.Index, fmt.Sprintf("%s %s to key %s: key and value may be exchanged", past[op.F], value,
			op.Key)}
	case op.Key == s.read.Key:
		for _, part := range parts {
			if meant(part) == meant(value) {
				s.near = &Claim{op.Index, fmt.Sprintf("%s %s, which is another value than %s: was the same meant?",
					past[op.F], value, part)}
				return
			}
		}
	}
}

// parts are the values in what was read that a call like op can have written: of a set or list its
// elements, of a text that grows what op put into it.
func (s *search) parts(op *history.Op) []json.RawMessage {
	var elements []json.RawMessage
	var text, piece string
	switch {
	case (op.F == "add" || op.F == "append") && json.Unmarshal(s.read.Value, &elements) == nil:
		return elements
	case s.read.F == "get" && json.Unmarshal(s.read.Value, &text) == nil && json.Unmarshal(op.Value, &piece) == nil &&
		piece != "" && strings.Contains(text, piece):
		return []json.RawMessage{op.Value}
	}
	return []json.RawMessage{s.read.Value}
}

// meant is what different ways to write one value have in common: "3", 3, 3.0, [3] and ["id", 3]
// are all 3.
func meant(value json.RawMessage) string {
	var list []json.RawMessage
	var text string
	switch {
	case json.Unmarshal(value, &list) == nil && len(list) > 0 && len(list) <= 2:
		return meant(list[len(list)-1])
	case json.Unmarshal(value, &text) != nil:
		text = string(value)
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	return text
}

// blame changes the words of evidence that nobody wrote a value: a failed call did.
func blame(e *Evidence, failed int) {
	e.Summary = strings.Replace(e.Summary, "nobody wrote what was read", "only a failed call wrote what was read", 1)
	for _, did := range []string{"written", "added", "appended"} {
		e.Summary = strings.Replace(e.Summary, "was never "+did, "was "+did+" by a failed call alone", 1)
	}
	for i := range e.Why {
		e.Why[i].Text = strings.Replace(e.Why[i].Text, ", which nobody ", fmt.Sprintf(", which only #%d ", failed), 1)
		e.Why[i].Text = strings.Replace(e.Why[i].Text, "nobody wrote", fmt.Sprintf("only #%d wrote", failed), 1)
	}
}
