package bugs

import (
	"strings"
	"testing"

	"github.com/splitvote/splitvote/harness"
)

// A bug is missed only if somebody had the time to look for it, and the table is finished only if
// all was looked at.
func TestAnUnfinishedTableSaysSo(t *testing.T) {
	search := func(bug string, seeds int) harness.BugSearch {
		return harness.BugSearch{Target: "raft", Bug: bug, Tally: harness.Tally{Seeds: seeds}}
	}
	found := search("raft/found", 1)
	found.Tally.Findings, found.Finds = []harness.Finding{{}}, []harness.Find{{}}
	for _, test := range []struct {
		about            string
		planted, correct []harness.BugSearch
		want             string
	}{
		{"all looked at", []harness.BugSearch{found, search("raft/hidden", firstRound)},
			[]harness.BugSearch{search("", 100)},
			"1 of 2 bugs found in 0s with 0 jobs; missed: raft/hidden; no correct build accused"},
		{"a bug not looked for", []harness.BugSearch{found, search("raft/hidden", firstRound-1)},
			[]harness.BugSearch{search("", 100)},
			"unfinished: 1 of 2 bugs found in 0s with 0 jobs; no time to look closely at raft/hidden; " +
				"no correct build accused so far"},
		{"a correct build not tried out", []harness.BugSearch{found}, []harness.BugSearch{search("", 99)},
			"unfinished: 1 of 1 bugs found in 0s with 0 jobs; no time to look closely at raft; " +
				"no correct build accused so far"},
	} {
		m := matrix{Planted: test.planted, Correct: test.correct, correct: 100}
		if got := m.verdict(); got != test.want {
			t.Errorf("%s: %q, want %q", test.about, got, test.want)
		}
		if finished := len(m.unfinished()) == 0; finished != !strings.HasPrefix(test.want, "unfinished") {
			t.Errorf("%s: finished is %v", test.about, finished)
		}
	}
}
