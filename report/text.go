package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// The bounds of the terminal text (R4).
const (
	textWidth   = 110 // columns after which sentences are wrapped
	textRows    = 10  // operations shown of a violation
	textSaid    = 12  // lines of sentences about a violation
	textOthers  = 5   // violations after the first, a line each
	textWindows = 8   // fault windows shown one by one; more are summed by kind
	textParts   = 5   // undecided parts
)

// Text writes the run for a terminal, at most a screenful. colour allows control sequences; they
// only repeat what the words say.
func Text(w io.Writer, r *Run, colour bool) error {
	if err := TextVerdict(w, r, colour); err != nil {
		return err
	}
	return TextRest(w, r, colour)
}

// TextVerdict writes the first part of Text: the verdict and its reason, which are known before an
// invalid history is graded.
func TextVerdict(w io.Writer, r *Run, colour bool) error {
	f := count(r)
	t := &text{ink: ink(colour)}
	t.headline(r, &f)
	switch r.Outcome() {
	case "invalid":
		t.invalid(r, &f)
	case "unknown":
		t.unknown(r)
	case "failed":
		t.gap()
		t.wrap("  ", plain(r.Problem))
	case "valid":
		t.valid(&f)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// TextRest writes the rest of Text: what an invalid history still satisfies, and where to read on.
func TextRest(w io.Writer, r *Run, colour bool) error {
	t := &text{ink: ink(colour)}
	if r.Outcome() == "invalid" {
		t.grade(r)
	}
	t.closing(r)
	_, err := io.WriteString(w, t.String())
	return err
}

// text is a terminal's screen under construction.
type text struct {
	strings.Builder
	ink ink
}

func (t *text) line(format string, args ...any) {
	s := strings.TrimRight(fmt.Sprintf(format, args...), " ")
	t.WriteString(s + "\n")
}

// gap writes the empty line between two blocks.
func (t *text) gap() { t.line("") }

// wrap writes a sentence, broken between words, with an indentation; continued lines are indented
// by two more. It returns the number of lines.
func (t *text) wrap(indent, sentence string) int {
	lines := 0
	line := indent
	for _, word := range strings.Fields(sentence) {
		if len(line) > len(indent) && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > textWidth {
			t.line("%s", line)
			lines++
			line = indent + "  " + word
			continue
		}
		if strings.TrimSpace(line) != "" {
			line += " "
		}
		line += word
	}
	t.line("%s", line)
	return lines + 1
}

func (t *text) headline(r *Run, f *figures) {
	said := t.ink.verdict(r.Outcome())
	if s := subject(r); s != "" {
		said += "  " + s
	}
	t.line("%s   %s", said, extent(r, f))
	if r.Bug != "" {
		t.line("%s", t.ink.bold("BUG PLANTED  "+plain(r.Bug)+": this build is wrong on purpose"))
	}
	if r.Control != "" {
		t.line("%s", t.ink.bold("CONTROL  "+plain(r.Control)+": the harness lies on purpose"))
	}
	if r.Problem != "" && r.Outcome() != "failed" {
		t.line("  the run itself failed: %s", plain(r.Problem))
	}
	for _, note := range r.remarks() {
		t.line("  note: %s", plain(note))
	}
}

// subject is the judged system: register on raft (local, 5 nodes, seed 16170).
func subject(r *Run) string {
	s := plain(r.Workload)
	if r.Target == "" {
		if r.Name != "" {
			s = strings.TrimSpace(s + " in " + plain(r.Name))
		}
		return s
	}
	var where []string
	if r.Backend != "" {
		where = append(where, plain(r.Backend))
	}
	if len(r.Nodes) > 0 {
		where = append(where, plural(len(r.Nodes), "node"))
	}
	where = append(where, "seed "+strconv.FormatUint(r.Seed, 10))
	return fmt.Sprintf("%s on %s (%s)", s, plain(r.Target), strings.Join(where, ", "))
}

// extent is the amount of judged work: 1204 ops, 2 faults, 31.0 s.
func extent(r *Run, f *figures) string {
	parts := []string{plural(f.calls.Total(), "op")}
	if r.Target != "" || len(f.windows) > 0 {
		parts = append(parts, plural(len(f.windows), "fault"))
	}
	switch {
	case r.Virtual > 0:
		parts = append(parts, length(r.Virtual)+" simulated")
	case r.Wall > 0:
		parts = append(parts, length(r.Wall))
	default:
		parts = append(parts, length(f.end))
	}
	return strings.Join(parts, ", ")
}

func (t *text) invalid(r *Run, f *figures) {
	told := violations(r, f, 1+textOthers)
	total := len(evidence(r.Result))
	t.gap()
	reason := short(plain(r.Reason()), 2*textWidth)
	if len(told) == 0 || !slices.ContainsFunc(told, func(v violation) bool { return plain(v.Summary) == reason }) {
		t.wrap("  ", reason)
	}
	if len(told) > 0 {
		t.violation(&told[0], took(r.Result))
	}
	if len(told) > 1 {
		t.gap()
		for _, v := range told[1:] {
			t.line("  also: %s", short(plain(v.Summary), textWidth))
		}
		if more := total - len(told); more > 0 {
			t.line("  and %s more", plural(more, "violation"))
		}
	}
}

// grade reports what an invalid history still satisfies.
func (t *text) grade(r *Run) {
	holds, open, stale := holding(r.Result), plain(strings.Join(leftOpen(r.Result), ", ")), lag(r.Result)
	if holds+open+stale != "" {
		t.gap()
	}
	t.labelled("holds", holds)
	t.labelled("open", open)
	t.labelled("stale", plain(stale))
}

// labelled writes words beside a label, wrapped and continued below the first; without words it
// writes nothing.
func (t *text) labelled(label, words string) {
	const column = 10 // of the words; wrap begins two before it goes on
	var broken text
	broken.wrap(strings.Repeat(" ", column-2), words)
	if first, rest, _ := strings.Cut(broken.String(), "\n"); words != "" {
		t.line("  %s%s%s", t.ink.dim(label), strings.Repeat(" ", column-2-len(label)), first[column-2:])
		t.WriteString(rest)
	}
}

func (t *text) violation(v *violation, took time.Duration) {
	summary := t.ink.bold(short(plain(v.Summary), 3*textWidth))
	if took > 0 {
		summary += " (" + length(took) + ")"
	}
	t.wrap("  ", summary)
	rows, more := v.Rows, 0
	if len(rows) > textRows {
		rows, more = rows[:textRows], v.total-textRows
	}
	t.table("    ", columns(rows, t.ink))
	if more > 0 {
		t.line("    … and %s more in the report", plural(more, "operation"))
	}
	lines := 0
	for i, said := range v.Said {
		if lines >= textSaid {
			t.line("    … and %s more in the report", plural(v.claims-i, "sentence"))
			break
		}
		lines += t.wrap("    ", short(said, 3*textWidth))
	}
	for i, fault := range v.Faults {
		if i == 4 {
			t.line("    … and %s more in the report", plural(len(v.Faults)-i, "fault"))
			break
		}
		t.wrap("    ", fault)
	}
	if said := lastWords(&v.Evidence); len(said) > 0 {
		t.line("    %s", logHeading(&v.Evidence))
		for _, line := range said {
			t.line("      %s", line)
		}
	}
}

func columns(rows []row, k ink) [][]string {
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, []string{"#" + strconv.Itoa(r.Index), r.Process, short(r.What, 44), k.kind(r.Kind),
			r.Start + " – " + r.End, string(r.Node), short(r.Err, 30)})
	}
	return cells
}

// table writes cells in columns. Control sequences take no room.
func (t *text) table(indent string, cells [][]string) {
	var widths []int
	for _, line := range cells {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	for _, line := range cells {
		s := indent
		for i, cell := range line {
			s += cell + strings.Repeat(" ", widths[i]-width(cell)+2)
		}
		t.line("%s", s)
	}
}

func took(r checker.Result) time.Duration {
	if r.Took == 0 {
		return 0
	}
	for _, p := range r.Parts {
		if p.Verdict == r.Verdict && p.Took > 0 {
			return took(p)
		}
	}
	return r.Took
}

// holding lists what an invalid history still satisfies, the strongest first.
func holding(r checker.Result) string {
	if len(r.Holds) > 0 {
		return plain(strings.Join(r.Holds, ", "))
	}
	for _, p := range r.Parts {
		if s := holding(p); s != "" {
			return s
		}
	}
	return ""
}

// leftOpen lists the weaker levels that were not decided.
func leftOpen(r checker.Result) []string {
	if open, ok := r.Stats["undecided-levels"].([]string); ok && r.Verdict == checker.Invalid {
		return open
	}
	for _, p := range r.Parts {
		if open := leftOpen(p); open != nil {
			return open
		}
	}
	return nil
}

// lag reports by how much reads lagged, if a checker measured it.
func lag(r checker.Result) string {
	if measured, ok := r.Stats["staleness"].(fmt.Stringer); ok {
		return measured.String()
	}
	for _, p := range r.Parts {
		if s := lag(p); s != "" {
			return s
		}
	}
	return ""
}

func (t *text) unknown(r *Run) {
	reason := r.Reason()
	if reason == "" {
		reason = "it could not be decided"
	}
	t.gap()
	t.wrap("  ", plain(reason))
	if parts := undecided(r.Result); len(parts) > 1 || len(parts) == 1 && parts[0].Reason != r.Result.Reason {
		for i, p := range parts {
			if i == textParts {
				t.line("    … and %s more", plural(len(parts)-i, "part"))
				break
			}
			t.wrap("    ", plain(p.Checker+": "+p.Reason))
		}
	}
	if r.Result.Cause != "" {
		t.gap()
		t.line("  %s   %s", t.ink.dim("cause "), plain(string(r.Result.Cause)))
	}
	if what := decider(r); what != "" {
		t.line("  %s   %s", t.ink.dim("decide"), what)
	}
}

// undecided are the innermost parts of a result that are unknown.
func undecided(r checker.Result) []checker.Result {
	if r.Verdict != checker.Unknown {
		return nil
	}
	var parts []checker.Result
	for _, p := range r.Parts {
		parts = append(parts, undecided(p)...)
	}
	if len(parts) == 0 {
		parts = []checker.Result{r}
	}
	return parts
}

// deciders maps a cause of an unknown verdict to what would decide it.
var deciders = map[checker.Cause]string{
	checker.Memory:    "fewer operations on one object: a lower --rate, a shorter --time-limit",
	checker.TooLittle: "a longer or busier run: raise --time-limit or --rate",
	checker.NoBite:    "a longer run, other --faults, or a backend on which the fault takes effect",
	checker.Panicked:  "a repaired checker: the history is kept, please report it",
	checker.Cutoff:    "the rest of the history",
	checker.Ambiguous: "a history in which every write has a value of its own",
	checker.Malformed: "a --model that has these calls, or calls as splitvote list models shows them",
}

// broughtDeciders replace deciders for an external history, which nobody can run again.
var broughtDeciders = map[checker.Cause]string{
	checker.Memory:    "more memory for the checker (--checker-memory), or fewer calls on one object",
	checker.TooLittle: "a longer history",
}

func decider(r *Run) string {
	again := r.Result.Cause == checker.Timeout || r.Result.Cause == checker.Cancelled
	switch {
	case r.Result.Decide != "":
		return plain(r.Result.Decide)
	case r.Target == "" && broughtDeciders[r.Result.Cause] != "":
		return broughtDeciders[r.Result.Cause]
	case again && r.Check != "":
		return plain(r.Check) + " --checker-timeout 10m"
	case again:
		return "more time for the checker: --checker-timeout 10m"
	default:
		return deciders[r.Result.Cause]
	}
}

func (t *text) valid(f *figures) {
	if len(f.byF) > 0 {
		t.gap()
		cells := [][]string{{"calls", "ok", "fail", "info", "p50", "p95", "p99", "max"}}
		for i, c := range f.byF {
			if i == textWindows {
				break
			}
			cells = append(cells, append([]string{short(plain(c.F), 20), strconv.Itoa(c.Counts.Ok),
				strconv.Itoa(c.Counts.Fail), strconv.Itoa(c.Counts.Info)}, c.Latency.cells()...))
		}
		t.table("  ", alignRight(cells))
	}
	if rows := availability(f, textWindows); len(rows) > 1 {
		t.gap()
		t.table("  ", append([][]string{{"faults", "", "", "ok"}}, rows...))
	}
	if s := f.leads.String(); s != "" {
		t.gap()
		t.line("  %s  %s", t.ink.dim("leaders"), s)
	}
	t.doubts(f)
}

// doubts lists the nodes that blocked others because they could not learn how a transaction ends,
// a line each.
func (t *text) doubts(f *figures) {
	for i, d := range f.doubts[:min(len(f.doubts), textWindows)] {
		if i == 0 {
			t.gap()
		}
		t.line("  %s  %v", t.ink.dim("in doubt"), d)
	}
	if more := len(f.doubts) - textWindows; more > 0 {
		t.line("  … and %s more", plural(more, "node"))
	}
}

func (q quantiles) cells() []string {
	if q.Max == 0 {
		return []string{"–", "–", "–", "–"}
	}
	return []string{length(q.P50), length(q.P95), length(q.P99), length(q.Max)}
}

// alignRight pads every column but the first from the left.
func alignRight(cells [][]string) [][]string {
	for i := 1; i < len(cells[0]); i++ {
		widest := 0
		for _, line := range cells {
			widest = max(widest, width(line[i]))
		}
		for _, line := range cells {
			line[i] = strings.Repeat(" ", widest-width(line[i])) + line[i]
		}
	}
	return cells
}

// availability returns a line for each fault, or for each kind of fault if there are more than
// limit, and one for the time without any.
func availability(f *figures, limit int) [][]string {
	rows := [][]string{{"none", "", "", share(f.quiet), "of " + strconv.Itoa(f.quiet.Total())}}
	if len(f.windows) <= limit {
		for _, w := range f.windows {
			rows = append(rows, []string{named(w.Window), short(whom(w.Fault), 40), until(w.Window), share(w.Calls),
				"of " + strconv.Itoa(w.Calls.Total())})
		}
		return rows
	}
	groups := faultGroups(f)
	for _, g := range groups[:min(len(groups), limit)] {
		rows = append(rows, []string{plain(g.kind), plural(g.times, "time"), "", share(g.calls),
			"of " + strconv.Itoa(g.calls.Total())})
	}
	return rows
}

// whom says on which nodes a fault was, and in which shape.
func whom(f history.Fault) string {
	parts := []string{}
	if f.Shape != "" {
		parts = append(parts, plain(f.Shape))
	}
	if len(f.Nodes) > 0 {
		parts = append(parts, nodes(f.Nodes))
	}
	return strings.Join(parts, " ")
}

func (l leadership) String() string {
	if len(l.Leaders) == 0 {
		return ""
	}
	terms := fmt.Sprintf("term %d", l.First)
	if l.Last > l.First {
		terms = fmt.Sprintf("terms %d to %d", l.First, l.Last)
	}
	return fmt.Sprintf("%s (%s, %s)", nodes(l.Leaders), plural(l.Changes, "change"), terms)
}

func (t *text) closing(r *Run) {
	if r.Report == "" && r.Replay == "" && r.Shrink == "" {
		return
	}
	t.gap()
	if r.Report != "" {
		t.line("  %s  %s", t.ink.dim("report"), plain(r.Report))
	}
	var commands []string
	if r.Replay != "" {
		commands = append(commands, t.ink.dim("repeat")+"  "+plain(r.Replay))
	}
	if r.Shrink != "" && r.Outcome() == "invalid" {
		// side by side where there is room
		if len(commands) > 0 && width(commands[0])+len("      shrink  ")+width(plain(r.Shrink)) > textWidth {
			t.line("  %s", commands[0])
			commands = nil
		}
		commands = append(commands, t.ink.dim("shrink")+"  "+plain(r.Shrink))
	}
	if len(commands) > 0 {
		t.line("  %s", strings.Join(commands, "      "))
	}
}
