package weak_test

import (
	"testing"

	"github.com/splitvote/splitvote/checker/faulttest"
)

// faults are mistakes in what one pass refutes, each with the test that shows it.
var faults = faulttest.Table{
	{"a value that somebody wrote, from nowhere", "onepass.go", "if o.from == nowhere {", "if o.from == initial {",
		"TestOnePassAgrees"},
	{"an own write that comes later", "onepass.go", "a < b && t.ops[a].session == t.ops[b].session",
		"t.ops[a].session == t.ops[b].session", "TestOnePassAgrees"},
	{"another session's write, taken for an older one", "onepass.go", "a < b && t.ops[a].session == t.ops[b].session",
		"a < b", "TestOnePassAgrees"},
	{"a read of another key", "onepass.go", "at := place{o.session, o.key}", "at := place{o.session, 0}",
		"TestOnePassAgrees"},
	{"a write that has not been read yet", "onepass.go", "was.read = o.from\n",
		"was.read = o.from\n\t\t\twas.wrote = o.from\n", "TestOnePassAgrees"},
}

// The cross-check finds mistakes in the fast path (make faults).
func TestCrossCheckCatchesFaults(t *testing.T) {
	faulttest.Plant{
		Run:      func(test string) string { return "^" + test + "$" },
		Disagree: []string{"seed "},
	}.Catch(t, faults)
}
