package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/report"
)

// render is one form of the report as a string.
func render(t testing.TB, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONReadsBack(t *testing.T) {
	for name, run := range samples(t) {
		t.Run(name, func(t *testing.T) {
			got := render(t, func(b *bytes.Buffer) error { return report.JSON(b, run) })
			results, err := report.ReadResults(strings.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			if results.Exit != run.Exit() || results.Verdict != run.Outcome() {
				t.Errorf("got %s with exit %d, want %s with %d", results.Verdict, results.Exit, run.Outcome(),
					run.Exit())
			}
			again := render(t, func(b *bytes.Buffer) error {
				return report.JSON(b, results.Run(run.History, run.Statuses))
			})
			if diff := cmp.Diff(got, again); diff != "" {
				t.Errorf("the run read back writes other results:\n%s", diff)
			}
		})
	}
}

func TestJSONOfAViolation(t *testing.T) {
	got := render(t, func(b *bytes.Buffer) error { return report.JSON(b, invalidRun(t)) })
	var results report.Results
	if err := json.Unmarshal([]byte(got), &results); err != nil {
		t.Fatal(err)
	}
	results.Result = checker.Result{} // stands in golden files of its own
	brief, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "invalid.json", string(brief)+"\n")
}

func TestJSONOfFiguresThatJSONCannotSay(t *testing.T) {
	run := validRun(t)
	run.Result.Parts[0].Stats = map[string]any{"ratio": math.Inf(1), "calls": 7}
	got := render(t, func(b *bytes.Buffer) error { return report.JSON(b, run) })
	if !strings.Contains(got, `"ratio": "+Inf"`) || !strings.Contains(got, `"calls": 7`) {
		t.Errorf("the figures are missing:\n%s", got)
	}
}

func TestReadResultsRefuses(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", "results: EOF"},
		{`{"format":2}`, "results: format 2, want 1"},
		{`[`, "results: unexpected EOF"},
	} {
		if _, err := report.ReadResults(strings.NewReader(test.in)); err == nil || err.Error() != test.want {
			t.Errorf("%q: got error %v, want %s", test.in, err, test.want)
		}
	}
}

func TestJUnit(t *testing.T) {
	for name, run := range samples(t) {
		t.Run(name, func(t *testing.T) {
			got := render(t, func(b *bytes.Buffer) error { return report.JUnit(b, run) })
			golden(t, name+".xml", got)
			var suites struct {
				Suite struct {
					Tests    int `xml:"tests,attr"`
					Failures int `xml:"failures,attr"`
					Errors   int `xml:"errors,attr"`
					Cases    []struct {
						Failure *struct{} `xml:"failure"`
						Error   *struct{} `xml:"error"`
					} `xml:"testcase"`
				} `xml:"testsuite"`
			}
			if err := xml.Unmarshal([]byte(got), &suites); err != nil {
				t.Fatal(err)
			}
			s := suites.Suite
			failures, errs := 0, 0
			for _, c := range s.Cases {
				if c.Failure != nil {
					failures++
				}
				if c.Error != nil {
					errs++
				}
			}
			if s.Tests != len(s.Cases) || s.Failures != failures || s.Errors != errs {
				t.Errorf("the suite counts %d, %d, %d; its cases are %d, %d, %d", s.Tests, s.Failures, s.Errors,
					len(s.Cases), failures, errs)
			}
			if bad := failures+errs > 0; bad != (run.Exit() != report.ExitValid) {
				t.Errorf("exit %d with %d failures and %d errors", run.Exit(), failures, errs)
			}
		})
	}
}

func TestJUnitCapsTheParts(t *testing.T) {
	run := invalidRun(t)
	keys := checker.Result{Checker: "linearizable", Verdict: checker.Invalid}
	for range 500 {
		keys.Parts = append(keys.Parts, checker.Result{Checker: "key", Verdict: checker.Invalid, Reason: "it is not"})
	}
	run.Result.Parts = []checker.Result{keys}
	got := render(t, func(b *bytes.Buffer) error { return report.JUnit(b, run) })
	if n := strings.Count(got, "<testcase"); n != 52 {
		t.Errorf("%d cases, want the experiment, the checker and 50 keys", n)
	}
}

func TestMarkdown(t *testing.T) {
	for name, run := range samples(t) {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".md", render(t, func(b *bytes.Buffer) error { return report.Markdown(b, run) }))
		})
	}
}

func TestExit(t *testing.T) {
	for _, test := range []struct {
		name string
		run  report.Run
		want int
	}{
		{"valid", report.Run{}, report.ExitValid},
		{"unknown", report.Run{Result: checker.Result{Verdict: checker.Unknown}}, report.ExitUnknown},
		{"invalid", report.Run{Result: checker.Result{Verdict: checker.Invalid}}, report.ExitInvalid},
		{"failed", report.Run{Problem: "no engine"}, report.ExitFailed},
		{"failed and undecided", report.Run{Problem: "no engine", Result: checker.Result{Verdict: checker.Unknown}},
			report.ExitFailed},
		{"failed after a violation", report.Run{Problem: "no engine", Result: checker.Result{Verdict: checker.Invalid}},
			report.ExitInvalid},
	} {
		if got := test.run.Exit(); got != test.want {
			t.Errorf("%s: exit %d, want %d", test.name, got, test.want)
		}
	}
}

// full is a writer that cannot take any more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWritersReportErrors(t *testing.T) {
	run := invalidRun(t)
	for name, err := range map[string]error{"text": report.Text(full{}, run, false), "json": report.JSON(full{}, run),
		"junit": report.JUnit(full{}, run), "markdown": report.Markdown(full{}, run)} {
		if err == nil {
			t.Errorf("%s: no error from a full disk", name)
		}
	}
}
