package linear_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// script writes a history in short: each word is an event, "0 write 7" begins a call of process 0,
// "0 ok 7" ends it, with fail and info likewise; ";" stands between events.
func script(t *testing.T, text string) *history.History {
	t.Helper()
	var ops []history.Op
	open := map[history.Process]string{}
	for _, line := range strings.Split(text, ";") {
		var p history.Process
		var word string
		value := "null"
		if n, _ := fmt.Sscan(line, &p, &word, &value); n < 2 {
			t.Fatalf("%q is no event", line)
		}
		op := history.Op{Process: p, Value: []byte(value), F: word}
		if i := strings.Index("ok fail info", word); i >= 0 {
			op.F = open[p]
			if err := op.Kind.UnmarshalText([]byte(word)); err != nil {
				t.Fatal(err)
			}
		} else {
			open[p] = word
		}
		ops = append(ops, op)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// told is evidence as a few lines.
func told(e checker.Evidence) string {
	var b strings.Builder
	fmt.Fprintln(&b, e.Kind, e.Ops)
	for _, c := range e.Why {
		fmt.Fprintln(&b, c.Text)
	}
	return b.String()
}

func TestSentences(t *testing.T) {
	for name, test := range map[string]struct{ model, history, want string }{
		"stale read": {
			"register", "0 write 4; 0 ok 4; 0 write 7; 0 ok 7; 1 read; 1 ok 4; 1 read; 1 ok 7",
			`stale-read [0 2 4]
#2 wrote 7 and began after #0 ended, so 7 came after 4
#4 began after #2 ended, so it must see 7 or later; 4 was overwritten by #2
`,
		},
		"read of the initial value": {
			"register", "0 write 4; 0 ok 4; 1 read; 1 ok",
			`stale-read [0 2]
#2 began after #0 ended, so it must see 4 or later; null is the value before any write
`,
		},
		"new then old": {
			"register", "0 write 4; 0 ok 4; 0 write 7; 1 read; 1 ok 7; 1 read; 1 ok 4; 0 ok 7",
			`stale-read [0 2 3 5]
#3 read 7 and began after #0 ended, so 7 came after 4
#5 began after #3 ended, which read 7, so it must see 7 or later; 4 was overwritten by #2
`,
		},
		"two cas from one value": {
			"cas-register", "0 write 1; 0 ok 1; 0 cas [1,2]; 1 cas [1,3]; 0 ok [1,2]; 1 ok [1,3]",
			`lost-update [0 2 3]
#2 replaced 1 by 2
#3 replaced 1 too, but it was written only once: one of the two updates is lost
`,
		},
		"chain": {
			"cas-register", "0 write 1; 0 ok 1; 0 cas [1,2]; 0 ok [1,2]; 0 cas [2,3]; 0 ok [2,3]; 1 read; 1 ok 1",
			`stale-read [0 2 6]
#2 replaced 1 by 2
#6 began after #2 ended, so it must see 2 or later; 1 was overwritten by #2
`,
		},
		"ring": {
			"cas-register", "0 cas [1,2]; 1 cas [2,1]; 0 ok [1,2]; 1 ok [2,1]",
			`cyclic-versions [0 1]
#0 replaced 1, which only #1 wrote, by 2
#1 replaced 2, which only #0 wrote, by 1
`,
		},
		"ambiguous": {
			"register", "0 write 1; 0 ok 1; 0 write 2; 0 ok 2;0 write 1; 0 ok 1; 1 read; 1 ok 2",
			`stale-read [2 4 6]
#4 wrote 1 and began after #2 ended, so 1 came after 2
#6 began after #4 ended, so it must see 1 or later; 2 was overwritten by #4
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := check(t, test.model, linear.Options{}, script(t, test.history))
			if got.Verdict != checker.Invalid || len(got.Evidence) != 1 {
				t.Fatalf("%v with %d pieces of evidence, want invalid with one", got.Verdict, len(got.Evidence))
			}
			if diff := cmp.Diff(test.want, told(got.Evidence[0])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
