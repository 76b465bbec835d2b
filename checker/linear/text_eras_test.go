package linear_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
)

// What byEras finds, and how it says so.
func TestTextSentences(t *testing.T) {
	for name, test := range map[string]struct{ history, want string }{
		"a text that is replaced is gone": {
			`0 put "a."; 0 ok "a."; 0 put "b."; 0 ok "b."; 1 get; 1 ok "a."`,
			`stale-read [0 2 4]
#2 began after #0 ended, so what #2 put comes after what #0 put
#4 began after #2 ended, so by then what #2 put has taken the place of what #0 put
`,
		},
		"the text before any put is gone": {
			`0 append "a."; 0 ok "a."; 0 put "b."; 0 ok "b."; 1 get; 1 ok "a."`,
			`stale-read [0 2 4]
#4 began after #2 ended, so by then what #2 put has taken the place of the text before any put
`,
		},
		"new, then old": {
			`0 put "a."; 0 ok "a."; 0 put "b."; 1 get; 1 ok "b."; 1 get; 1 ok "a."; 0 ok "b."`,
			`stale-read [0 2 3 5]
#3 began after #0 ended, so what #2 put comes after what #0 put
#5 began after #3 ended, so by then what #2 put has taken the place of what #0 put
`,
		},
		"an append is lost": {
			`0 put "a."; 0 ok "a."; 0 append "b."; 0 ok "b."; 1 get; 1 ok "a."`,
			`lost-append [0 2 4]
#2 began after #0 ended, so what #2 appended comes after what #0 put
#4 began after #2 ended, so what that appended must be there, behind what #0 put
`,
		},
		"an append is there, then not": {
			`0 put "a."; 0 ok "a."; 0 append "b."; 1 get; 1 ok "a.b."; 1 get; 1 ok "a."`,
			`stale-read [0 2 3 5]
#5 began after #3 ended, so it must have all that it returned, of which #5 has only the beginning
`,
		},
		"an append is there only later": {
			`0 append "a."; 0 ok "a."; 1 get; 1 ok ""; 1 get; 1 ok "a."`,
			`lost-append [0 2]
#2 began after #0 ended, so what that appended must be there, behind the text before any put
`,
		},
		"an append is got before it began": {
			`1 get; 1 ok "a."; 0 append "a."; 0 ok "a."`,
			`read-from-future [0 2]
#0 (get → "a.") ended before #2 (append "a."), the only one to write what it has, began
`,
		},
		"appends in the wrong order": {
			`0 append "a."; 0 ok "a."; 0 append "b."; 0 ok "b."; 1 get; 1 ok "b.a."`,
			`reordered [0 2 4]
#2 began after #0 ended, so what it wrote comes later
#4 (get → "b.a.") has it earlier
`,
		},
		"appends in two orders": {
			`0 append "a."; 1 append "b."; 2 get; 2 ok "a.b."; 2 get; 2 ok "b.a."`,
			`incompatible-order [0 1 2 4]
#4 (get → "b.a.") and #2 (get → "a.b.") are of one text that only grows, but neither is the beginning of the other
`,
		},
		"an append that took effect twice": {
			`0 append "a."; 0 info; 1 append "b."; 1 ok "b."; 2 get; 2 ok "a.b.a."`,
			`duplicate-element [0 2 4]
#4 (get → "a.b.a.") has twice what only #0 (append "a.") wrote
`,
		},
		"an append that took effect behind two puts": {
			`0 put "a."; 1 put "b."; 2 append "c."; 3 get; 3 ok "a.c."; 3 get; 3 ok "b.c."`,
			`duplicate-element [0 1 2 3 5]
#3 (get → "a.c.") has what #2 (append "c.") wrote
#5 (get → "b.c.") has it too, behind another put; it was written once
`,
		},
		"a put behind another text": {
			`0 put "a."; 1 put "b."; 3 get; 3 ok "a.b."`,
			`impossible-text [0 1 2]
#2 (get → "a.b.") has, behind other texts, what #1 put, which replaced all that was there
`,
		},
		"nobody wrote it": {
			`0 put "a."; 0 ok "a."; 1 get; 1 ok "a.x"`,
			`value-from-nowhere [0 2]
#2 (get → "a.x") is no sequence of texts that were put and appended: what begins at byte 3 is none
`,
		},
		"half of it": {
			`0 put "a."; 0 ok "a."; 1 get; 1 ok "a."; 1 get; 1 ok "a"`,
			`value-from-nowhere [4]
#4 (get → "a") is no sequence of texts that were put and appended: what begins at byte 1 is none
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := check(t, "kv", linear.Options{}, script(t, test.history))
			if got.Verdict != checker.Invalid || got.Method != "eras" || len(got.Evidence) != 1 {
				t.Fatalf("%v by %s with %d pieces of evidence, want invalid by eras with one", got.Verdict, got.Method,
					len(got.Evidence))
			}
			if diff := cmp.Diff(test.want, told(got.Evidence[0])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
