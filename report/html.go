package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// The bounds of report.html (R4).
const (
	htmlBytes      = 1 << 20 // of the whole page
	htmlPictures   = 5       // violations explained in full
	htmlViolations = 50      // violations listed at all
	htmlFaults     = 250     // fault windows in the table and on the time line
	htmlAround     = 240     // operations in the table
	htmlFirst      = 10      // operations of one violation shown at once
	htmlRows       = 60      // operations in the table of one violation
	htmlCalls      = 60      // kinds of calls
	htmlParts      = 100     // checkers and keys
	htmlSaid       = 60      // sentences about one violation
	htmlText       = 400     // characters of one value or sentence
)

var (
	//go:embed page.html.tmpl
	pageText string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
	//go:embed chart.js
	chartScript string
)

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"sign":   func(outcome string) string { return pageSigns[outcome] },
	"share":  share,
	"length": length,
	"plural": plural,
	"inc":    func(i int) int { return i + 1 },
	"lower":  strings.ToLower,
}).Parse(pageText))

// scriptHash allows the page's own script to run and no other, whatever a history holds (R6).
var scriptHash = func() string {
	sum := sha256.Sum256([]byte(pageScript + chartScript))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

// pageSigns repeat the verdict as a shape, for readers who do not see the colour.
var pageSigns = map[string]string{"valid": "✓", "unknown": "?", "invalid": "✕", "failed": "!"}

// HTML writes report.html: one file that fetches nothing (R3), at most 1 MB (R4). Figures that
// cannot be drawn are named in a note instead (R2).
func HTML(w io.Writer, r *Run) error {
	f := count(r)
	p := newPage(r, &f)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	if p.Timeline != nil { // single calls take the remaining room
		guard(&p.Notes, "the single calls", func() { p.Chart = newCallChart(r.History, p.told, htmlBytes-b.Len()) })
		b.Reset()
		if err := pageTemplate.Execute(&b, p); err != nil {
			return fmt.Errorf("report.html: %w", err)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// page is the data of page.html.tmpl.
type page struct {
	Style      template.CSS
	Script     template.JS
	ScriptHash string // hash of the page's one script, for its policy

	Outcome, Subject, Extent, Reason, Bug, Control, Problem string
	Because                                                 []string // the sentences below the reason
	Notes                                                   []string
	Violations                                              []pageViolation
	Others                                                  []string // summaries of further violations
	MoreOthers                                              int
	Holds, Open                                             []string
	Stale                                                   string
	Cause, Decide                                           string
	Undecided                                               []pageFact
	Tiles                                                   []pageFact
	Timeline                                                *timeline
	Sequence                                                template.HTML
	SequenceLeftOut                                         int
	Calls                                                   []callFigures
	Chart                                                   *callChart
	Checked                                                 []string // what a valid verdict rests on
	Faults                                                  []pageFaults
	MoreWindows                                             int
	Quiet                                                   checker.Counts
	QuietPercent                                            string
	Parts                                                   []pagePart
	Around                                                  pageAround
	Facts                                                   []pageFact
	Commands                                                []pageFact
	Links                                                   []Link
	Version                                                 string
	Sections                                                []pageFact // entries of the table of contents: id and title
	told                                                    []violation
}

type pageFact struct{ Name, Value string }

// pageViolation is a violation with its picture.
type pageViolation struct {
	Summary, Kind, Took string
	Rows                []pageRow
	Rest                []pageRow // shown on demand
	More                int       // operations beyond these
	Said                []pageSaid
	Log                 []string // a member's last lines
	LogHeading          string
	Faults              []string
	Picture             template.HTML
	Keys                []pageFact // meaning of the lines in it, by class
	Ring                template.HTML
	RingKeys            []pageFact
	Note                string // why there is no picture
}

// pageSaid is a sentence; Mark numbers the operation that it is about, 0 if that is not shown.
type pageSaid struct {
	Mark int
	Text string
}

type pageRow struct {
	row
	Mark int // of its sentence, 0 for none
	Took string
}

// pageFaults is all faults of a kind, folded under a line that sums them up.
type pageFaults struct {
	Kind, Class, Percent string
	Times, Proved        int
	Calls                checker.Counts
	Windows              []pageWindow
}

type pageWindow struct {
	windowFigures
	Class, Whom, Until, Cut, Settings string
	Percent                           string // of successful calls, for a bar
}

type pagePart struct {
	Depth                               int
	Name, Verdict, Reason, Method, Took string
}

// pageAround is the table of operations.
type pageAround struct {
	Title string
	Rows  []pageRow
	Of    map[int]bool // indices of the operations that show the violation
}

func newPage(r *Run, f *figures) *page {
	p := &page{Style: template.CSS(pageStyle), Script: template.JS(pageScript + chartScript), ScriptHash: scriptHash,
		Outcome: r.Outcome(), Subject: subject(r), Extent: extent(r, f), Reason: short(plain(r.Reason()), htmlText),
		Bug: plain(r.Bug), Control: plain(r.Control), Quiet: f.quiet,
		Version: plain(r.Version)}
	for _, c := range f.byF[:min(len(f.byF), htmlCalls)] {
		c.F = short(plain(c.F), 80)
		p.Calls = append(p.Calls, c)
	}
	if r.Problem != "" && p.Outcome != "failed" {
		p.Problem = plain(r.Problem)
	}
	for _, note := range r.remarks() {
		p.Notes = append(p.Notes, short(plain(note), htmlText))
	}
	told := violations(r, f, htmlViolations)
	p.told = told
	for i := range told {
		if i < htmlPictures {
			p.Violations = append(p.Violations, newPageViolation(&told[i], f))
		} else {
			p.Others = append(p.Others, short(plain(told[i].Summary), htmlText))
		}
	}
	if len(told) > 0 {
		p.Because = because(&told[0])
		p.Violations[0].Took = lengthOrNothing(took(r.Result))
	}
	p.MoreOthers = len(evidence(r.Result)) - len(told)
	if p.Outcome == "invalid" {
		p.Holds, p.Open, p.Stale = holds(r.Result), leftOpen(r.Result), lag(r.Result)
	}
	if p.Outcome == "unknown" {
		p.Cause, p.Decide = plain(string(r.Result.Cause)), decider(r)
		p.Undecided = undecidedFacts(r.Result)
	}
	p.Tiles = tiles(r, f)
	p.faults(f)
	p.Checked = checked(r, f)
	p.QuietPercent = percentOk(f.quiet)
	p.parts(r.Result, 0)
	p.Facts, p.Commands = facts(r), commands(r)
	for _, l := range r.Links {
		if safeLink(l.Path) {
			p.Links = append(p.Links, Link{plain(l.Name), l.Path})
		}
	}
	guard(&p.Notes, "the operations", func() { p.Around = around(r, told) })
	guard(&p.Notes, "the time line", func() { p.Timeline = newTimeline(r, f, told) })
	guard(&p.Notes, "the sequence of messages", func() { p.Sequence, p.SequenceLeftOut = sequence(r) })
	p.Sections = p.sections()
	return p
}

// sections returns the page's sections in order.
func (p *page) sections() []pageFact {
	var all []pageFact
	for _, s := range []struct {
		id, title string
		has       bool
	}{
		{"violation", "Violation", len(p.Violations) > 0},
		{"checked", "Checked", len(p.Checked) > 0},
		{"timeline", "Time line", p.Timeline != nil},
		{"sequence", "Messages", p.Sequence != ""},
		{"faults", "Faults", len(p.Faults) > 0},
		{"calls", "Calls", len(p.Calls) > 0},
		{"checkers", "Checkers", len(p.Parts) > 0},
		{"operations", "Operations", len(p.Around.Rows) > 0},
		{"about", "Run", len(p.Facts) > 0 || len(p.Links) > 0},
	} {
		if s.has {
			all = append(all, pageFact{s.id, s.title})
		}
	}
	return all
}

// because picks the sentence about the last operation, which is where it goes wrong, and the
// effect of the faults.
func because(v *violation) []string {
	var said []string
	last := -1
	for i, claim := range v.Why {
		if last < 0 || claim.Op >= v.Why[last].Op {
			last = i
		}
	}
	if last >= 0 {
		said = append(said, short(v.Said[last], htmlText))
	}
	return append(said, v.Faults[:min(len(v.Faults), 2)]...)
}

// guard turns the failure of a drawing into a note (R2).
func guard(notes *[]string, what string, draw func()) {
	defer func() {
		if p := recover(); p != nil {
			*notes = append(*notes, fmt.Sprintf("%s could not be drawn: %v", what, p))
		}
	}()
	draw()
}

func newPageViolation(v *violation, f *figures) pageViolation {
	p := pageViolation{Summary: short(plain(v.Summary), htmlText), Kind: plain(v.Kind)}
	marks := map[int]int{}
	shown := map[int]bool{}
	for _, r := range v.Rows {
		shown[r.Index] = true
	}
	for i, claim := range v.Why {
		if len(p.Said) == htmlSaid {
			p.Said = append(p.Said, pageSaid{Text: fmt.Sprintf("… and %s more in results.json",
				plural(v.claims-i, "sentence"))})
			break
		}
		if marks[claim.Op] == 0 && shown[claim.Op] {
			marks[claim.Op] = len(marks) + 1
		}
		p.Said = append(p.Said, pageSaid{marks[claim.Op], short(v.Said[i], htmlText)})
	}
	p.Faults = v.Faults[:min(len(v.Faults), 10)]
	p.Log, p.LogHeading = lastWords(&v.Evidence), logHeading(&v.Evidence)
	rows := v.Rows[:min(len(v.Rows), htmlRows)]
	p.More = v.total - len(rows)
	for i, r := range rows {
		if i < htmlFirst {
			p.Rows = append(p.Rows, newPageRow(r, marks[r.Index]))
		} else {
			p.Rest = append(p.Rest, newPageRow(r, marks[r.Index]))
		}
	}
	var notes []string
	guard(&notes, "the picture", func() { p.Picture, p.Keys = picture(v, marks, f) })
	guard(&notes, "the cycle", func() { p.Ring, p.RingKeys = ring(v, marks) })
	p.Note = strings.Join(notes, "; ")
	return p
}

func newPageRow(r row, mark int) pageRow {
	r.What, r.Err = short(r.What, htmlText), short(r.Err, htmlText)
	p := pageRow{row: r, Mark: mark, Took: "?"}
	if r.To != history.Forever {
		p.Took = length(r.To - r.From)
	}
	return p
}

func lengthOrNothing(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return length(d)
}

func holds(r checker.Result) []string {
	if s := holding(r); s != "" {
		return strings.Split(s, ", ")
	}
	return nil
}

func undecidedFacts(r checker.Result) []pageFact {
	var facts []pageFact
	for i, part := range undecided(r) {
		if i == htmlParts {
			break
		}
		facts = append(facts, pageFact{plain(part.Checker), short(plain(part.Reason), htmlText)})
	}
	return facts
}

// tiles are the figures that a reader wants first.
func tiles(r *Run, f *figures) []pageFact {
	var all []pageFact
	if f.calls.Total() > 0 {
		all = append(all, pageFact{"ops", strconv.Itoa(f.calls.Total())}, pageFact{"succeeded", share(f.calls)})
	}
	if len(f.windows) > 0 {
		var during checker.Counts
		bit := 0
		for _, w := range f.windows {
			during.Ok, during.Fail, during.Info = during.Ok+w.Calls.Ok, during.Fail+w.Calls.Fail,
				during.Info+w.Calls.Info
			if w.Bit {
				bit++
			}
		}
		all = append(all, pageFact{"succeeded during faults", share(during)},
			pageFact{"faults proved", fmt.Sprintf("%d of %d", bit, len(f.windows))})
	}
	if len(f.leads.Leaders) > 0 {
		all = append(all, pageFact{"changes of leader", strconv.Itoa(f.leads.Changes)})
	}
	if t := took(r.Result); t > 0 {
		all = append(all, pageFact{"time to check", length(t)})
	}
	return all
}

func (p *page) faults(f *figures) {
	p.MoreWindows = max(0, len(f.windows)-htmlFaults)
	shown := *f
	shown.windows = f.windows[:len(f.windows)-p.MoreWindows]
	for _, g := range faultGroups(&shown) {
		group := pageFaults{Kind: short(plain(g.kind), 40), Class: harmOf(g.kind).class, Percent: percentOk(g.calls),
			Times: g.times, Proved: g.proved, Calls: g.calls}
		for _, w := range g.windows {
			group.Windows = append(group.Windows, newPageWindow(w))
		}
		p.Faults = append(p.Faults, group)
	}
}

func newPageWindow(w windowFigures) pageWindow {
	row := pageWindow{windowFigures: w, Class: harmOf(w.Fault.Fault).class, Whom: short(whom(w.Fault), 80),
		Until: until(w.Window), Cut: short(cutText(w.Cut), htmlText), Percent: percentOk(w.Calls)}
	row.Fault.Fault, row.Proof = short(plain(w.Fault.Fault), 40), short(plain(w.Proof), 200)
	var set []string
	for name, value := range w.Set {
		set = append(set, plain(name)+" "+plain(compact(value)))
	}
	slices.Sort(set)
	row.Settings = short(strings.Join(set, ", "), htmlText)
	return row
}

// percentOk is the share of calls that succeeded, for a bar: 0 to 100.
func percentOk(c checker.Counts) string {
	if c.Total() == 0 {
		return "0"
	}
	return strconv.Itoa(c.Ok * 100 / c.Total())
}

// cutText writes which nodes no longer hear which: n5 | n1 n2 n3 n4 if two sides are cut both
// ways.
func cutText(cut history.Grudge) string {
	var order []string
	deaf := map[string][]history.NodeID{} // by the nodes they do not hear
	for _, id := range sortedNodes(cut) {
		to := nodes(slices.Sorted(slices.Values(cut[id])))
		if to == "" {
			continue
		}
		if deaf[to] == nil {
			order = append(order, to)
		}
		deaf[to] = append(deaf[to], id)
	}
	if len(order) == 2 && nodes(deaf[order[0]]) == order[1] && nodes(deaf[order[1]]) == order[0] {
		return order[1] + " | " + order[0]
	}
	var lines []string
	for _, to := range order {
		hears := " hears"
		if len(deaf[to]) > 1 {
			hears = " hear"
		}
		lines = append(lines, nodes(deaf[to])+hears+" nothing from "+to)
	}
	return strings.Join(lines, "; ")
}

func (p *page) parts(r checker.Result, depth int) {
	if len(p.Parts) == htmlParts || r.Checker == "" && len(r.Parts) == 0 {
		return
	}
	part := pagePart{Depth: depth, Name: plain(r.Checker), Verdict: r.Verdict.String(),
		Reason: short(plain(r.Reason), htmlText), Method: plain(r.Method)}
	part.Took = lengthOrNothing(r.Took)
	if part.Name == "" {
		part.Name = "verdict"
	}
	p.Parts = append(p.Parts, part)
	for _, inner := range r.Parts {
		if depth == 0 || inner.Verdict != checker.Valid { // valid keys would only be many
			p.parts(inner, depth+1)
		}
	}
}

func facts(r *Run) []pageFact {
	var all []pageFact
	add := func(name, value string) {
		if value != "" {
			all = append(all, pageFact{short(plain(name), 60), short(plain(value), htmlText)})
		}
	}
	add("name", r.Name)
	add("target", r.Target)
	add("workload", r.Workload)
	backend := r.Backend
	if r.BackendWhy != "" {
		backend += " (" + r.BackendWhy + ")"
	}
	add("backend", backend)
	add("nodes", nodes(r.Nodes))
	if r.Target != "" {
		add("seed", strconv.FormatUint(r.Seed, 10))
	}
	add("planted bug", r.Bug)
	add("control", r.Control)
	add("faults", strings.Join(r.Faults, ", "))
	for _, s := range r.Settings {
		add(s.Name, s.Value)
	}
	if !r.Started.IsZero() {
		add("began", r.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	add("real time", lengthOrNothing(r.Wall))
	add("simulated time", lengthOrNothing(r.Virtual))
	if r.History != nil {
		add("events recorded", strconv.Itoa(len(r.History.Ops)))
	}
	return all
}

func commands(r *Run) []pageFact {
	var all []pageFact
	if r.Replay != "" {
		all = append(all, pageFact{"repeat", plain(r.Replay)})
	}
	if r.Shrink != "" && r.Outcome() == "invalid" {
		all = append(all, pageFact{"shrink", plain(r.Shrink)})
	}
	if r.Check != "" {
		all = append(all, pageFact{"judge again", plain(r.Check)})
	}
	return all
}

// safeLink reports whether a link leads to a file beside the report: no scheme, no host, nothing
// above.
func safeLink(path string) bool {
	return path != "" && !strings.ContainsAny(path, ":\\?#") && !strings.HasPrefix(path, "/") &&
		!slices.Contains(strings.Split(path, "/"), "..")
}

// around picks the operations of the table: those before and after the violation on the same
// object; without a violation, the slowest and the unsuccessful ones.
func around(r *Run, told []violation) pageAround {
	if r.History == nil {
		return pageAround{}
	}
	if len(told) > 0 && len(told[0].Rows) > 0 {
		return near(r.History, &told[0])
	}
	return notable(r.History)
}

func near(h *history.History, v *violation) pageAround {
	a := pageAround{Title: "Operations around the violation", Of: map[int]bool{}}
	if v.Key != "" {
		a.Title += ", key " + plain(v.Key)
	}
	for _, r := range v.Rows {
		a.Of[r.Index] = true
	}
	var calls []history.Call
	first, last := -1, -1
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis || v.Key != "" && op.Key != v.Key && !a.Of[op.Index] {
			continue
		}
		if a.Of[op.Index] {
			if first < 0 {
				first = len(calls)
			}
			last = len(calls)
		}
		calls = append(calls, c)
	}
	from, to := max(0, first-30), min(len(calls), last+31)
	from = max(from, to-htmlAround)
	var rows []row
	for _, c := range calls[from:to] {
		rows = append(rows, newRow(h, c, v.Key, v.Keys...))
	}
	a.fill(rows)
	return a
}

// notable returns the calls that took longest or did not succeed.
func notable(h *history.History) pageAround {
	var calls []history.Call
	for _, c := range h.Calls() {
		if h.Invocation(c).Process != history.Nemesis {
			calls = append(calls, c)
		}
	}
	long := func(c history.Call) time.Duration {
		start, end := h.Span(c)
		return end - start
	}
	slices.SortStableFunc(calls, func(a, b history.Call) int { return int(min(1, max(-1, long(b)-long(a)))) })
	calls = calls[:min(len(calls), 100)]
	slices.SortFunc(calls, func(a, b history.Call) int { return a.Invoke - b.Invoke })
	a := pageAround{Title: "The slowest operations, in order of time"}
	var rows []row
	for _, c := range calls {
		rows = append(rows, newRow(h, c, ""))
	}
	a.fill(rows)
	return a
}

func (a *pageAround) fill(rows []row) {
	tell(rows)
	for _, r := range rows {
		a.Rows = append(a.Rows, newPageRow(r, 0))
	}
}
