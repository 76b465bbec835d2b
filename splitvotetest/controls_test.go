package splitvotetest_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/splitvote/splitvote/splitvotetest"
)

// Every kind of lie that the workload notices is found, and the others are skipped by name.
func TestControls(t *testing.T) {
	splitvotetest.Controls(t, singles(false), splitvotetest.Plan{Virtual: true, Time: 15 * time.Second})
}

func TestControlsTell(t *testing.T) {
	text, err := exec.Command(os.Args[0], "-test.run=^TestControls$", "-test.v").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{
		`stale-read: the harness lied \d+ times, and was found out after \d+ calls`,
		`lost-update: the harness lied \d+ times, and was found out after \d+ calls`,
		`--- SKIP: TestControls/lie=repeated-answer`,
		`repeated-answer: no call gave an occasion for a lie`,
	} {
		if !regexp.MustCompile(want).Match(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
