package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/report"
)

// A member that ended by itself is told with its last lines in every form of the report, also where
// every other part is valid, and whatever the lines hold.
func TestLastWords(t *testing.T) {
	r := validRun(t)
	lines := []string{"<b>panic</b>: index \x1b[31mout of range", "```", strings.Repeat("long ", 200),
		"]]> goroutine 1"}
	ended := checker.Result{Checker: "members", Verdict: checker.Invalid,
		Reason: "n2 ended by itself at 3.2s: exit status 2",
		Evidence: []checker.Evidence{{Kind: "member-ended", Summary: "n2 ended by itself at 3.2s: exit status 2",
			Ops: []int{}, Why: []checker.Claim{}, Log: lines, LogFile: "runs/latest/nodes/n2.log"}}}
	r.Result = checker.Merge(append(r.Result.Parts, ended))
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text":     func(b *bytes.Buffer) error { return report.Text(b, r, false) },
		"json":     func(b *bytes.Buffer) error { return report.JSON(b, r) },
		"junit":    func(b *bytes.Buffer) error { return report.JUnit(b, r) },
		"markdown": func(b *bytes.Buffer) error { return report.Markdown(b, r) },
		"html":     func(b *bytes.Buffer) error { return report.HTML(b, r) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"n2 ended by itself at 3.2s: exit status 2", "out of range", "goroutine 1",
			"runs/latest/nodes/n2.log"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		if strings.Contains(b.String(), "\x1b") || name == "html" && strings.Contains(b.String(), "<b>panic") {
			t.Errorf("%s holds what a log must not do to it", name)
		}
	}
}
