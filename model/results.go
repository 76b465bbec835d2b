package model

import (
	"bytes"

	"github.com/splitvote/splitvote/history"
)

// This file reads what calls return. No result is passed over: a completion says nothing, or it
// says something that its model judges, or it is an error.

// silent says whether a completion returns nothing: it is null, or the argument again.
func silent(invocation, completion *history.Op) bool {
	if len(completion.Value) == 0 || string(completion.Value) == string(Null) ||
		bytes.Equal(completion.Value, invocation.Value) {
		return true
	}
	asked, err := ParseValue(invocation.Value)
	if err != nil {
		return false
	}
	got, err := ParseValue(completion.Value)
	return err == nil && (got == Null || got == asked)
}

// returnsNothing is an error if a call that returns nothing returned something.
func returnsNothing(invocation, completion *history.Op) error {
	if completion == nil || silent(invocation, completion) {
		return nil
	}
	return wrong(completion, "its argument again or null, as it returns nothing that is judged")
}

// takesNothing is an error if a call without an argument has one. A record of a whole call may
// repeat the result there.
func takesNothing(invocation, completion *history.Op) error {
	if isNull(invocation) || completion == nil || silent(completion, invocation) {
		return nil
	}
	return wrong(invocation, `null (an object's name belongs in "key")`)
}

func isNull(op *history.Op) bool {
	v, err := ParseValue(op.Value)
	return err == nil && v == Null
}

// condition reads what a conditional call returned: the argument with a bool behind it, or the bool
// alone. known is false if it returned nothing.
func condition(invocation, completion *history.Op, want string) (known, held bool, err error) {
	if silent(invocation, completion) {
		return false, false, nil
	}
	asked, err := ParseValue(invocation.Value)
	if err != nil {
		return false, false, wrong(invocation, "a value")
	}
	got, err := ParseValue(completion.Value)
	switch {
	case err != nil:
	case isBool(got) && !isBool(asked): // of an argument that is a bool itself it could be the wrong echo
		return true, got == "true", nil
	case got == with(asked, "true"):
		return true, true, nil
	case got == with(asked, "false"):
		return true, false, nil
	}
	return false, false, wrong(completion, want)
}

func isBool(v Value) bool { return v == "true" || v == "false" }

// with is [v, b].
func with(v, b Value) Value { return "[" + v + "," + b + "]" }
