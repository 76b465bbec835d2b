package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// markdownViolations bounds the violations explained in full (R4).
const markdownViolations = 3

// Markdown writes a summary in GitHub's dialect, for example as a step summary of its Actions.
func Markdown(w io.Writer, r *Run) error {
	f := count(r)
	m := &strings.Builder{}
	fmt.Fprintf(m, "## %s%s: %s\n\n", signs[r.Outcome()], strings.ToUpper(r.Outcome()), inline(subject(r)))
	fmt.Fprintf(m, "%s\n\n", inline(extent(r, &f)))
	if r.Control != "" {
		fmt.Fprintf(m, "> **Control:** %s. The harness lies on purpose, and this run must be invalid.\n\n",
			inline(r.Control))
	}
	if r.Bug != "" {
		fmt.Fprintf(m, "> **Bug planted:** %s. This build is wrong on purpose.\n\n", inline(r.Bug))
	}
	if reason := r.Reason(); reason != "" {
		fmt.Fprintf(m, "**%s**\n\n", inline(reason))
	}
	for _, note := range r.remarks() {
		fmt.Fprintf(m, "> %s\n\n", inline(note))
	}
	markdownEvidence(m, r, &f)
	if r.Outcome() == "unknown" {
		if what := decider(r); what != "" {
			fmt.Fprintf(m, "Cause: %s. What would decide it: %s\n\n", inline(string(r.Result.Cause)), inline(what))
		}
	}
	if len(f.byF) > 0 {
		m.WriteString("| call | ok | fail | info | p50 | p95 | p99 | max |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
		for i, c := range f.byF {
			if i == 20 {
				break
			}
			fmt.Fprintf(m, "| %s | %d | %d | %d | %s |\n", inline(c.F), c.Counts.Ok, c.Counts.Fail, c.Counts.Info,
				strings.Join(c.Latency.cells(), " | "))
		}
		m.WriteString("\n")
	}
	if len(f.windows) > 0 {
		m.WriteString("| fault | on | lasted | ok | calls |\n|---|---|---|--:|--:|\n")
		for _, line := range availability(&f, 20) {
			fmt.Fprintf(m, "| %s | %s | %s | %s | %s |\n", inline(line[0]), inline(line[1]), line[2], line[3], line[4])
		}
		m.WriteString("\n")
	}
	if s := f.leads.String(); s != "" {
		fmt.Fprintf(m, "Leaders: %s\n\n", inline(s))
	}
	markdownCommands(m, r)
	_, err := io.WriteString(w, m.String())
	return err
}

// signs precede the verdict, so that it stands out in a list.
var signs = map[string]string{"valid": "✅ ", "unknown": "❔ ", "invalid": "❌ ", "failed": "💥 "}

func markdownEvidence(m *strings.Builder, r *Run, f *figures) {
	told := violations(r, f, markdownViolations)
	for i := range told {
		var t text
		t.violation(&told[i], 0)
		fence(m, t.String())
	}
	if more := len(evidence(r.Result)) - len(told); more > 0 {
		fmt.Fprintf(m, "… and %s more.\n\n", plural(more, "violation"))
	}
	if holds := holding(r.Result); holds != "" && r.Outcome() == "invalid" {
		fmt.Fprintf(m, "Still holds: %s\n\n", inline(holds))
	}
}

func markdownCommands(m *strings.Builder, r *Run) {
	var lines []string
	if r.Replay != "" {
		lines = append(lines, plain(r.Replay))
	}
	if r.Shrink != "" && r.Outcome() == "invalid" {
		lines = append(lines, plain(r.Shrink))
	}
	if len(lines) > 0 {
		fence(m, strings.Join(lines, "\n")+"\n")
	}
}

// fence quotes text literally: the fence is longer than any run of back-quotes within.
func fence(m *strings.Builder, s string) {
	longest, run := 0, 0
	for _, c := range s {
		if c == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	mark := strings.Repeat("`", max(3, longest+1))
	m.WriteString(mark + "\n" + s + mark + "\n\n")
}

// inline makes text safe within a line or a table's cell (R6): characters special to Markdown or
// HTML become character references.
func inline(s string) string {
	s = plain(s)
	if !strings.ContainsAny(s, markup) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if strings.ContainsRune(markup, c) {
			b.WriteString("&#" + strconv.Itoa(int(c)) + ";")
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

const markup = "`*_<>&|[]~\\@"
