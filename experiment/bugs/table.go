package bugs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/splitvote/splitvote/harness"
)

// print writes the matrix for a terminal.
func (m *matrix) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "bug\tclass\tfound by, in seeds\tof\tmedian seeds\tsimulated\treal\tfirst")
	for i := range m.Planted {
		h := &m.Planted[i]
		fmt.Fprintln(w, strings.Join(append([]string{h.Bug, h.Class}, cells(h)...), "\t"))
	}
	fmt.Fprintln(w, "\ncorrect build\t\taccused by\tseeds\tvalid\tunknown\tsimulated")
	for i := range m.Correct {
		t := m.Correct[i].Tally
		fmt.Fprintf(
			w,
			"%s\t\t%s\t%d\t%d\t%d\t%s\n",
			m.Correct[i].Target,
			orNothing(by(&m.Correct[i])),
			t.Seeds,
			t.Valid,
			t.Seeds-t.Valid-t.Invalid,
			length(t.Simulated),
		)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(m.Shrunk) > 0 {
		fmt.Fprintln(out)
		if err := m.printShrunk(out); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "\n%s\n", m.verdict())
	return err
}

// some are the first of many names, and how many more there are.
func some(names []string) string {
	const most = 12
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// verdict is the matrix in a sentence or two.
func (m *matrix) verdict() string {
	missed, strayed, accused := m.missed(), m.strayed(), m.accused()
	found := named(m.Planted, (*harness.BugSearch).AsItsClass)
	text := fmt.Sprintf(
		"%d of %d bugs found in %v with %d jobs",
		len(found),
		len(m.Planted),
		m.Wall.Round(time.Second),
		m.Jobs,
	)
	if left := m.unfinished(); len(left) > 0 {
		text = fmt.Sprintf("unfinished: %s; no time to look closely at %s", text, some(left))
	}
	if len(missed) > 0 {
		text += "; missed: " + some(missed)
	}
	if len(strayed) > 0 {
		text += "; found, but not as their class says: " + strings.Join(strayed, ", ")
	}
	if len(accused) > 0 {
		return text + "; correct builds accused: " + strings.Join(accused, ", ")
	}
	if len(m.unfinished()) > 0 {
		return text + "; no correct build accused so far"
	}
	return text + "; no correct build accused"
}

// cells are what was found of a bug.
func cells(h *harness.BugSearch) []string {
	found := orNothing(by(h))
	if h.Found() && !h.AsItsClass() {
		found += " (not as its class)"
	}
	median := h.Median()
	row := []string{found, fmt.Sprint(h.Tally.Seeds), "", "", "", ""}
	if h.AsItsClass() {
		row[2], row[3], row[4] = fmt.Sprint(median.Seeds), length(median.Simulated), length(median.Wall)
		row[5] = fmt.Sprint(median.Seed)
	} else if h.Found() {
		row[5] = fmt.Sprint(h.Tally.Findings[0].First)
	}
	return row
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// length is a duration to two or three digits.
func length(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	case d >= 100*time.Second:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// The marks in a Markdown file between which the tables stand.
const (
	tablesBegin = "<!-- splitvote bugs: begin -->"
	tablesEnd   = "<!-- splitvote bugs: end -->"
)

// into puts the tables into a Markdown file, in the place of the tables in it.
func (m *matrix) into(path string) error {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = []byte("# Planted bugs\n\n"+tablesBegin+"\n"+tablesEnd+"\n"), nil
	}
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, []byte(tablesBegin))
	_, after, closed := bytes.Cut(rest, []byte(tablesEnd))
	if !ok || !closed {
		return fmt.Errorf("%s: no place for the tables: want the lines %s and %s", path, tablesBegin, tablesEnd)
	}
	text := string(before) + tablesBegin + "\n" + m.tables() + tablesEnd + string(after)
	return os.WriteFile(path, []byte(text), 0o644)
}

// tables is the matrix as Markdown.
func (m *matrix) tables() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s.\n", m.verdict())
	target := ""
	for i := range m.Planted {
		h := &m.Planted[i]
		if h.Target != target {
			target = h.Target
			fmt.Fprintf(
				&b,
				"\n## %s\n\n| bug | what it does | class | found by, in seeds | of |"+
					" median seeds | simulated | real | first seed |\n"+
					"|---|---|---|---|--:|--:|--:|--:|--:|\n",
				target,
			)
		}
		fmt.Fprintf(
			&b,
			"| `%s` | %s Source: %s. | %s | %s |\n",
			strings.TrimPrefix(h.Bug, target+"/"),
			h.Doc,
			h.Source,
			h.Class,
			strings.Join(cells(h), " | "),
		)
	}
	fmt.Fprintf(
		&b,
		"\n## Correct builds\n\n| target | seeds | valid | unknown | simulated | accused by |\n"+
			"|---|--:|--:|--:|--:|---|\n",
	)
	for i := range m.Correct {
		t := m.Correct[i].Tally
		fmt.Fprintf(
			&b,
			"| %s | %d | %d | %d | %s | %s |\n",
			m.Correct[i].Target,
			t.Seeds,
			t.Valid,
			t.Seeds-t.Valid-t.Invalid,
			length(t.Simulated),
			orNothing(by(&m.Correct[i])),
		)
	}
	b.WriteString("\n" + m.shrunkTable())
	return b.String()
}
