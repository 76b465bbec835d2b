package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/checker"
)

// junitParts bounds the parts of one checker, such as keys, that become their own cases (R4).
const junitParts = 50

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property,omitempty"`
	Cases      []junitCase     `xml:"testcase"`
	Out        junitOut        `xml:"system-out"`
}

type junitOut struct {
	Text string `xml:",cdata"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string     `xml:"name,attr"`
	Class   string     `xml:"classname,attr"`
	Time    string     `xml:"time,attr"`
	Failure *junitWhat `xml:"failure,omitempty"`
	Error   *junitWhat `xml:"error,omitempty"`
	Skipped *junitWhat `xml:"skipped,omitempty"`
}

type junitWhat struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// JUnit writes the run as one suite: a case for the run itself, one for each checker, and one for
// each part of a checker (a key) that is not valid. Invalid is a failure; unknown is an error with
// its cause as type.
func JUnit(w io.Writer, r *Run) error {
	f := count(r)
	j := &junit{run: r, figures: &f, class: junitClass(r)}
	j.experiment()
	if r.Result.Checker != "" || len(r.Result.Parts) > 0 {
		j.checkers()
	}
	var said strings.Builder
	if err := Text(&said, r, false); err != nil {
		return err
	}
	j.suite.Name, j.suite.Time, j.suite.Out = plain(j.class), seconds(r.Wall.Seconds()), junitOut{said.String()}
	if !r.Started.IsZero() {
		j.suite.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05")
	}
	for _, p := range append([]Setting{{"seed", strconv.FormatUint(r.Seed, 10)}, {"backend", r.Backend}, {"bug", r.Bug},
		{"control", r.Control}, {"replay", r.Replay}}, r.Settings...) {
		if p.Value != "" {
			j.suite.Properties = append(j.suite.Properties, junitProperty{plain(p.Name), plain(p.Value)})
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(junitSuites{Suites: []junitSuite{j.suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junit struct {
	run     *Run
	figures *figures
	class   string
	suite   junitSuite
}

func junitClass(r *Run) string {
	parts := []string{"splitvote"}
	for _, p := range []string{r.Target, r.Workload, r.Backend} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ".")
}

func (j *junit) add(c junitCase) {
	c.Class, c.Name = plain(j.class), plain(c.Name)
	j.suite.Tests++
	switch {
	case c.Failure != nil:
		j.suite.Failures++
	case c.Error != nil:
		j.suite.Errors++
	case c.Skipped != nil:
		j.suite.Skipped++
	}
	j.suite.Cases = append(j.suite.Cases, c)
}

// experiment is the case that says whether the cluster could be run at all.
func (j *junit) experiment() {
	c := junitCase{Name: "experiment", Time: seconds(j.run.Wall.Seconds())}
	if j.run.Problem != "" {
		c.Error = &junitWhat{Type: "problem", Message: plain(j.run.Problem)}
	}
	j.add(c)
}

func (j *junit) checkers() {
	if len(j.run.Result.Parts) == 0 {
		j.add(j.judged(j.run.Result.Checker, j.run.Result))
		return
	}
	for _, part := range j.run.Result.Parts {
		j.add(j.judged(part.Checker, part))
		shown := 0
		for _, inner := range part.Parts {
			if inner.Verdict == checker.Valid {
				continue
			}
			if shown++; shown > junitParts {
				break
			}
			j.add(j.judged(part.Checker+" / "+partName(inner), inner))
		}
	}
}

// partName names a part of a checker by its key if its evidence has one.
func partName(r checker.Result) string {
	if len(r.Evidence) > 0 && r.Evidence[0].Key != "" && !strings.Contains(r.Checker, r.Evidence[0].Key) {
		return strings.TrimSpace(r.Checker + " key " + r.Evidence[0].Key)
	}
	return r.Checker
}

func (j *junit) judged(name string, r checker.Result) junitCase {
	if name == "" {
		name = "verdict"
	}
	c := junitCase{Name: name, Time: seconds(r.Took.Seconds())}
	if r.Checker == "" && j.run.Problem != "" {
		c.Skipped = &junitWhat{Message: "not judged: the experiment failed"}
		return c
	}
	switch r.Verdict {
	case checker.Invalid:
		c.Failure = &junitWhat{Type: "invalid", Message: plain(r.Reason), Text: j.evidence(r)}
		if found := evidence(r); len(found) > 0 {
			c.Failure.Type = plain(found[0].Kind)
			if r.Reason == "" {
				c.Failure.Message = plain(found[0].Summary)
			}
		}
	case checker.Unknown:
		c.Error = &junitWhat{Type: plain(string(r.Cause)), Message: plain(r.Reason)}
	case checker.Valid:
	}
	return c
}

// evidence returns the first violation of a result, as on the terminal.
func (j *junit) evidence(r checker.Result) string {
	part := *j.run
	part.Result = r
	told := violations(&part, j.figures, 1)
	if len(told) == 0 {
		return ""
	}
	var t text
	t.violation(&told[0], 0)
	return "\n" + t.String()
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
