package linear_test

import (
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
)

// A queue that lost messages or delivered them twice is reported with the smallest violation, and
// the others by name.
func TestLostAndDuplicatedMessagesAreNamed(t *testing.T) {
	for name, test := range map[string]struct{ model, history, want string }{
		"one lost": {
			"unordered-queue", "0 enqueue 7; 0 ok 7; 0 enqueue 8; 0 ok 8; 1 drain; 1 ok [8]",
			`lost-value [0 4]
#4 found nothing, but #0 had put in 7, which nobody took out
`,
		},
		"three lost": {
			"unordered-queue", "0 enqueue 7; 0 ok 7; 0 enqueue 8; 0 ok 8; 0 enqueue 9; 0 ok 9; 1 drain; 1 ok []",
			`lost-value [4 6]
#6 found nothing, but #4 had put in 9, which nobody took out
3 values had been put in by then and were never taken out: 7, 8, 9
`,
		},
		"two delivered twice": {
			"unordered-queue", "0 enqueue 7; 0 ok 7; 0 enqueue 8; 0 ok 8; 1 drain; 1 ok [7,8]; 2 drain; 2 ok [8,7]",
			`duplicate-delivery [0 4 6]
#6 took out 7, which had been put in once by then and taken out once before
2 values were taken out more often than they were put in: 7, 8
`,
		},
		"a FIFO queue drained against its order": {
			"fifo-queue", "0 enqueue 7; 0 ok 7; 0 enqueue 8; 0 ok 8; 1 drain; 1 ok [8,7]",
			`reordered [0 2 4]
#2 began after #0 ended, so 8 was behind 7
#4 took out 8 before 7
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := check(t, test.model, linear.Options{}, script(t, test.history))
			if got.Verdict != checker.Invalid || len(got.Evidence) != 1 {
				t.Fatalf("%v with %d pieces of evidence, want invalid with one", got.Verdict, len(got.Evidence))
			}
			if told := told(got.Evidence[0]); told != test.want {
				t.Errorf("got\n%swant\n%s", told, test.want)
			}
		})
	}
}
