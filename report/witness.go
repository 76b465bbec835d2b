package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// witnessOps bounds the operations and sentences shown for one violation (R4). Smallest sets are
// far below it.
const witnessOps = 500

// violation is a piece of evidence with everything needed to explain it.
type violation struct {
	checker.Evidence          // its first witnessOps operations and sentences
	total, claims    int      // how many there are
	Rows             []row    // its operations, in time order
	Said             []string // the sentences about them
	Faults           []string // which faults were active, and their effect on the nodes concerned
	Active           []int    // indices of those faults in figures.windows
}

// row is one call, ready to be shown.
type row struct {
	Index    int
	Process  string
	What     string // describe
	Kind     history.Kind
	From, To time.Duration // To is history.Forever where the outcome is unknown
	Start    string
	End      string // "?" where the outcome is unknown
	Node     history.NodeID
	Err      string
	op, done *history.Op
}

// violations explains up to limit pieces of evidence of the run.
func violations(r *Run, f *figures, limit int) []violation {
	found := evidence(r.Result)
	all := found[:min(limit, len(found))]
	found = slices.Clone(all)
	for i := range found {
		e := &found[i]
		e.Ops, e.Why = e.Ops[:min(len(e.Ops), witnessOps)], e.Why[:min(len(e.Why), witnessOps)]
	}
	calls := callsOf(r.History, found)
	var told []violation
	for i, e := range found {
		v := violation{Evidence: e, claims: len(all[i].Why)}
		for _, i := range e.Ops {
			if c, ok := calls[i]; ok {
				v.Rows = append(v.Rows, newRow(r.History, c, e.Key, e.Keys...))
			}
		}
		v.total = len(v.Rows) + len(all[i].Ops) - len(e.Ops)
		slices.SortStableFunc(v.Rows, func(a, b row) int { return a.Index - b.Index })
		tell(v.Rows)
		v.explain()
		for _, claim := range v.Why {
			v.Said = append(v.Said, sentence(claim))
		}
		v.Faults, v.Active = active(v.Rows, f.windows)
		told = append(told, v)
	}
	return told
}

// evidence returns that of a result, or of its parts if a composition did not pass it on.
func evidence(r checker.Result) []checker.Evidence {
	if len(r.Evidence) > 0 {
		return r.Evidence
	}
	var all []checker.Evidence
	for _, p := range r.Parts {
		all = append(all, evidence(p)...)
	}
	return all
}

// callsOf finds the calls that the evidence names, by the index of their invocation.
func callsOf(h *history.History, found []checker.Evidence) map[int]history.Call {
	if h == nil {
		return nil
	}
	wanted := map[int]bool{}
	for _, e := range found {
		for _, i := range e.Ops {
			wanted[i] = true
		}
	}
	calls := make(map[int]history.Call, len(wanted))
	for _, c := range h.Calls() {
		if i := h.Invocation(c).Index; wanted[i] {
			calls[i] = c
		}
	}
	return calls
}

// newRow shows, for a transaction, its effect on these keys, or all of its effect without keys.
func newRow(h *history.History, c history.Call, key string, keys ...string) row {
	op, done := h.Invocation(c), h.Completion(c)
	r := row{Index: op.Index, Process: "p" + op.Process.String(), What: describe(op, done, key, keys...),
		Kind: h.Kind(c), Node: op.Node, op: op, done: done}
	if op.Process == history.Nemesis {
		r.Process = "nemesis"
	}
	r.From, r.To = h.Span(c)
	if done != nil {
		r.Err = plain(done.Err)
		if done.Node != "" {
			r.Node = done.Node
		}
	}
	r.Node = history.NodeID(plain(string(r.Node)))
	return r
}

// tell writes the times of rows with enough decimals to distinguish them. The times of a history
// made by hand are small numbers and stay so.
func tell(rows []row) {
	tiny := true
	for i := range rows {
		tiny = tiny && rows[i].lasted() < time.Millisecond
	}
	decimals := 3
	for ; decimals < 9; decimals += 3 {
		unit := time.Second
		for range decimals {
			unit /= 10
		}
		seen := map[time.Duration]time.Duration{}
		apart := true
		for _, r := range rows {
			for _, t := range []time.Duration{r.From, r.To} {
				rounded := t.Round(unit)
				if other, ok := seen[rounded]; ok && other != t {
					apart = false
				}
				seen[rounded] = t
			}
		}
		if apart {
			break
		}
	}
	written := func(t time.Duration) string {
		switch {
		case t == history.Forever:
			return "?"
		case tiny:
			return strconv.Itoa(int(t)) + " ns"
		default:
			return clock(t, decimals)
		}
	}
	for i := range rows {
		rows[i].Start, rows[i].End = written(rows[i].From), written(rows[i].To)
	}
}

// explain adds a sentence about each operation that has none and wrote what another one returned.
func (v *violation) explain() {
	v.Why = slices.Clone(v.Why)
	for i := range v.Rows {
		j := source(v.Rows, i)
		if j < 0 || slices.ContainsFunc(v.Why, func(c checker.Claim) bool { return c.Op == v.Rows[j].Index }) {
			continue
		}
		claim := checker.Claim{Op: v.Rows[j].Index,
			Text: fmt.Sprintf("wrote %s, which #%d returned", short(wrote(v.Rows[j].op), 80), v.Rows[i].Index)}
		at := slices.IndexFunc(v.Why, func(c checker.Claim) bool { return c.Op > claim.Op })
		if at < 0 {
			at = len(v.Why)
		}
		v.Why = slices.Insert(v.Why, at, claim)
		v.claims++
	}
}

// source returns the row that wrote what row i returned, -1 if that is not known.
func source(rows []row, i int) int {
	r := &rows[i]
	if r.done == nil || r.Kind != history.Ok || !answering[r.op.F] {
		return -1
	}
	got := compact(r.done.Value)
	for j := range rows {
		w := &rows[j]
		if j != i && w.op.Key == r.op.Key && !answering[w.op.F] && w.Kind != history.Fail && got != "null" &&
			wrote(w.op) == got {
			return j
		}
	}
	return -1
}

// wrote returns the value that a call writes.
func wrote(op *history.Op) string {
	var pair []json.RawMessage
	if op.F == "cas" && json.Unmarshal(op.Value, &pair) == nil && len(pair) == 2 {
		return compact(pair[1])
	}
	return compact(op.Value)
}

// sentence is a claim that names the operation it is about.
func sentence(c checker.Claim) string {
	name := "#" + strconv.Itoa(c.Op)
	if slices.Contains(mention.FindAllString(c.Text, -1), name) {
		return plain(c.Text)
	}
	return name + " " + plain(c.Text)
}

// active says which faults overlap the rows and what they did to the nodes that answered. If they
// did nothing to these nodes it names the others that were on, and if there were none, the last
// one.
func active(rows []row, windows []windowFigures) (said []string, on []int) {
	if len(rows) == 0 {
		return nil, nil
	}
	var others []string
	for i, w := range windows {
		overlaps := false
		var did, target []string // effects on any node concerned; effects on the nodes the fault was meant for
		for _, r := range rows {
			if w.From > r.lasted() || w.To < r.From {
				continue
			}
			overlaps = true
			for _, node := range r.nodes() {
				text := suffered(w.Window, node, r.From)
				if text == "" || slices.Contains(did, text) {
					continue
				}
				did = append(did, text)
				if slices.Contains(w.Nodes, node) {
					target = append(target, text)
				}
			}
		}
		if overlaps {
			on = append(on, i)
		}
		switch {
		case len(target) > 0: // that the others miss these goes without saying
			said = append(said, target...)
		case len(did) > 0:
			said = append(said, did...)
		case overlaps:
			others = append(others, fmt.Sprintf("%s was active from %s", named(w.Window), until(w.Window)))
		}
	}
	switch {
	case len(said) > 0:
		return said, on
	case len(others) > 0:
		return others, on
	}
	// A fault before the last operation may have left its mark, even if it was over by then.
	var latest time.Duration
	for i := range rows {
		latest = max(latest, rows[i].From)
	}
	last := -1
	for i, w := range windows {
		if w.To < latest && (last < 0 || w.To > windows[last].To) {
			last = i
		}
	}
	if len(windows) == 0 {
		return []string{"no fault is recorded"}, nil
	}
	if last < 0 {
		return []string{"no fault had happened yet"}, nil
	}
	w := windows[last].Window
	name := named(w)
	if to := whom(w.Fault); to != "" {
		name += " (" + to + ")"
	}
	return []string{fmt.Sprintf("no fault was active at these moments; the last, %s, lasted from %s", name,
		until(w))}, nil
}

// lasted returns when the row's call was last known to be under way: for an unknown outcome, when
// it was given up.
func (r *row) lasted() time.Duration {
	switch {
	case r.To != history.Forever:
		return r.To
	case r.done != nil:
		return r.done.Time
	default:
		return r.From
	}
}

// ended reports whether the row's call ended before another's began. For events at one time the
// order in the history decides.
func (r *row) ended(b *row) bool {
	return !r.open() && (r.To < b.From || r.To == b.From && r.done != nil && r.done.Index < b.Index)
}

// nodes returns the nodes that the row's call was sent to and answered by.
func (r *row) nodes() []history.NodeID {
	ids := []history.NodeID{r.op.Node}
	if r.done != nil && r.done.Node != r.op.Node {
		ids = append(ids, r.done.Node)
	}
	return slices.DeleteFunc(ids, func(id history.NodeID) bool { return id == "" })
}

// suffered says what a fault did to a node, "" if nothing; from is when the call in question
// began.
func suffered(w history.Window, node history.NodeID, from time.Duration) string {
	had, since := "had been", "since"
	if w.From > from {
		had, since = "was", "from"
	}
	tail := fmt.Sprintf("%s %s (%s)", since, clock(w.From, 1), named(w))
	deaf := w.Cut[node]
	var unheard []history.NodeID
	for _, other := range sortedNodes(w.Cut) {
		if slices.Contains(w.Cut[other], node) {
			unheard = append(unheard, other)
		}
	}
	subject := plain(string(node))
	switch {
	case len(w.Cut) > 0 && len(deaf) == 0 && len(unheard) == 0:
		return ""
	case slices.Equal(slices.Sorted(slices.Values(deaf)), unheard) && len(deaf) > 0:
		return fmt.Sprintf("%s %s cut off from %s %s", subject, had, nodes(unheard), tail)
	case len(deaf) > 0 && len(unheard) > 0:
		return fmt.Sprintf("%s %s deaf to %s and unheard by %s %s", subject, had, nodes(deaf), nodes(unheard), tail)
	case len(deaf) > 0:
		return fmt.Sprintf("%s %s deaf to %s %s", subject, had, nodes(deaf), tail)
	case len(unheard) > 0:
		return fmt.Sprintf("%s %s unheard by %s %s", subject, had, nodes(unheard), tail)
	case !slices.Contains(w.Nodes, node):
		return ""
	}
	switch w.Fault.Fault {
	case "kill":
		return fmt.Sprintf("%s %s down %s", subject, had, tail)
	case "pause":
		return fmt.Sprintf("%s %s paused %s", subject, had, tail)
	default:
		return fmt.Sprintf("%s %s under %s %s", subject, had, plain(w.Fault.Fault), tail)
	}
}

func sortedNodes(cut history.Grudge) []history.NodeID {
	ids := make([]history.NodeID, 0, len(cut))
	for id := range cut {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// named returns a fault's name and number: partition #2.
func named(w history.Window) string { return fmt.Sprintf("%s #%d", plain(w.Fault.Fault), w.ID) }

// until is the time that a fault lasted: 3.0 s to 8.0 s.
func until(w history.Window) string {
	if !w.Ended {
		return clock(w.From, 1) + " to the end"
	}
	return clock(w.From, 1) + " to " + clock(w.To, 1)
}
