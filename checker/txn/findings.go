package txn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
)

// told bounds the violations of one anomaly that are told in full.
const told = 8

// findings collects what was found.
type findings struct {
	*trace
	model     string
	lists     *lists     // of list-append
	registers *registers // of rw-register
	counts    map[string]int
	found     map[finding]int
	evidence  []proof
}

func newFindings(t *trace, model string) *findings {
	return &findings{trace: t, model: model, counts: map[string]int{}, found: map[finding]int{}}
}

// finding is an anomaly; absent says that it rests on what a predicate read did not find, and
// rules out less (X12), causal that it is a cycle of wr and sessions with a single rw, and rules
// out more (X15).
type finding struct {
	anomaly string
	absent  bool
	causal  bool
}

func (f finding) rulesOut() level {
	out := ruledOutBy(f.anomaly, f.absent)
	if f.causal {
		out |= above(causal)
	}
	return out
}

// proof is evidence, and what it is evidence of.
type proof struct {
	checker.Evidence
	of finding
}

// find counts a finding and says whether it is to be told.
func (f *findings) find(what finding) bool {
	if !what.causal || f.counts[what.anomaly] == 0 { // the cycle is not counted once more
		f.counts[what.anomaly]++
	}
	f.found[what]++
	return f.found[what] <= told
}

// direct is how many kinds of findings leave nothing proved (X9): all but those which say by
// themselves what they rule out.
func (f *findings) direct() (n int) {
	for what := range f.found {
		if !what.absent && what.anomaly != "lost-update" {
			n++
		}
	}
	return n
}

// claim is a sentence about a transaction.
type claim struct {
	txn  int32
	text string
}

// tell adds evidence; every transaction of the claims, and the others, are part of it.
func (f *findings) tell(what finding, summary string, claims []claim, others ...int32) {
	e := checker.Evidence{Kind: what.anomaly, Summary: what.anomaly + ": " + summary}
	for _, c := range claims {
		e.Why = append(e.Why, checker.Claim{Op: f.txns[c.txn].op, Text: c.text})
		others = append(others, c.txn)
	}
	for _, x := range others {
		e.Ops = append(e.Ops, f.txns[x].op)
	}
	slices.Sort(e.Ops)
	e.Ops = slices.Compact(e.Ops)
	f.evidence = append(f.evidence, proof{e, what})
}

// op is how a transaction is named.
func (f *findings) op(x int32) string { return fmt.Sprintf("#%d", f.txns[x].op) }

// keyText is a key as it is written in a sentence.
func (t *trace) keyText(key int32) string { return bare(t.keys[key]) }

// bare is a JSON string without its quotes, and any other value as it is.
func bare(text string) string {
	if simpleString([]byte(text)) {
		return text[1 : len(text)-1]
	}
	return text
}

// valueText is a value as it is written in a sentence.
func (t *trace) valueText(v int32) string { return brief(t.values[v].text) }

// versionText is a version of a register as it is written in a sentence, none for the initial one.
func (t *trace) versionText(key, v int32) string {
	switch b := t.began(key); {
	case v != none:
		return t.valueText(v)
	case b.text != nil:
		return brief(b.text)
	}
	return "null"
}

// listOf is a list as it is written in a sentence, with the elements with which its key began.
func (t *trace) listOf(key int32, list []int32) string {
	var words []string
	for _, e := range t.began(key).elements {
		words = append(words, brief(e))
	}
	return ended(append(words, t.words(list)...))
}

func (t *trace) words(list []int32) (words []string) {
	for _, v := range list {
		words = append(words, t.valueText(v))
	}
	return words
}

// ended is a list as it is written in a sentence: its end, if it is long.
func ended(words []string) string {
	const most = 8
	if len(words) > most {
		words = append([]string{"…"}, words[len(words)-most:]...)
	}
	return "[" + strings.Join(words, " ") + "]"
}

// listAt is a list as it is written in a sentence: its elements beside the one at the given place.
func (t *trace) listAt(key int32, list []int32, at int) string {
	const before, after = 4, 3
	at += len(t.began(key).elements)
	var words []string
	for _, e := range t.began(key).elements {
		words = append(words, brief(e))
	}
	words = append(words, t.words(list)...)
	from, to := max(0, at-before), min(len(words), at+1+after)
	shown := slices.Clone(words[from:to])
	if from > 0 {
		shown = append([]string{"…"}, shown...)
	}
	if to < len(words) {
		shown = append(shown, "…")
	}
	return "[" + strings.Join(shown, " ") + "]"
}

// behind says which element stands at the given place of a list, and behind which.
func (t *trace) behind(key int32, list []int32, at int) string {
	element := t.valueText(list[at])
	switch began := t.began(key).elements; {
	case at > 0:
		return fmt.Sprintf("with %s behind %s", element, t.valueText(list[at-1]))
	case len(began) > 0:
		return fmt.Sprintf("with %s behind %s", element, brief(began[len(began)-1]))
	}
	return fmt.Sprintf("with %s first", element)
}

// read is what a read returned, as it is written in a sentence.
func (f *findings) read(m *micro) string {
	if f.model == RWRegister {
		return f.versionText(m.key, m.value)
	}
	list, err := f.elements(m.key, m.list)
	if err != nil {
		return "[" + brief(m.list) + "]"
	}
	return f.listOf(m.key, list)
}

// wrote is "appended 5 to x" or "wrote 5 to x".
func (f *findings) wrote(v int32) string {
	verb := "wrote"
	if f.model == ListAppend {
		verb = "appended"
	}
	return fmt.Sprintf("%s %s to %s", verb, f.valueText(v), f.keyText(f.values[v].key))
}

func (f *findings) internal(x int32, m *micro, want string) {
	what := finding{anomaly: "internal"}
	if !f.find(what) {
		return
	}
	f.tell(what, fmt.Sprintf("%s contradicts itself about %s", f.op(x), f.keyText(m.key)),
		[]claim{{x, fmt.Sprintf("read %s as %s; by what it had done before it had to be %s", f.keyText(m.key),
			f.read(m), want)}})
	f.about(m.key)
}

// missing reports a transaction one of whose predicate reads did not find a key that it had
// written, or that it also read.
func (f *findings) missing(x, key int32, wrote bool) {
	what := finding{anomaly: "internal", absent: true}
	if !f.find(what) {
		return
	}
	text := fmt.Sprintf("read all keys and did not find %s, which it had written before", f.keyText(key))
	if !wrote {
		text = fmt.Sprintf("read all keys and did not find %s, but found it where it did not write it in between",
			f.keyText(key))
	}
	f.tell(what, fmt.Sprintf("%s contradicts itself about %s", f.op(x), f.keyText(key)), []claim{{x, text}})
	f.about(key)
}

func (f *findings) future(key, v, x int32) {
	if f.find(finding{anomaly: "future-read"}) {
		f.tell(finding{anomaly: "future-read"}, fmt.Sprintf("%s read what it had not yet written", f.op(x)),
			[]claim{{x, fmt.Sprintf("read %s of %s before it %s itself", f.valueText(v), f.keyText(key), f.wrote(v))}})
		f.about(key)
	}
}

func (f *findings) duplicate(key, v, reader int32) {
	if f.find(finding{anomaly: "duplicate-elements"}) {
		f.tell(finding{anomaly: "duplicate-elements"}, fmt.Sprintf("%s holds %s twice", f.keyText(key), f.valueText(v)),
			[]claim{{reader, fmt.Sprintf("read %s with %s in it twice, which was appended once", f.keyText(key),
				f.valueText(v))}})
		f.about(key)
	}
}

func (f *findings) nowhere(key, v, reader int32) {
	if f.find(finding{anomaly: "value-from-nowhere"}) {
		f.tell(finding{anomaly: "value-from-nowhere"},
			fmt.Sprintf("nobody wrote %s to %s", f.valueText(v), f.keyText(key)),
			[]claim{{reader, fmt.Sprintf("read %s of %s, which no transaction wrote", f.valueText(v), f.keyText(key))}})
		f.about(key)
	}
}

func (f *findings) stray(s stray) {
	if f.find(finding{anomaly: "value-from-nowhere"}) {
		key, began := f.keyText(s.key), f.listOf(s.key, nil)
		f.tell(finding{anomaly: "value-from-nowhere"},
			fmt.Sprintf("%s began as %s and was read without that", key, began),
			[]claim{{s.txn, fmt.Sprintf("read %s as [%s], which does not begin with the initial %s", key, brief(s.list),
				began)}})
		f.about(s.key)
	}
}

func (f *findings) abortedRead(key, v, reader int32) {
	if w := f.values[v].writer; f.find(finding{anomaly: "G1a"}) {
		f.tell(finding{anomaly: "G1a"}, fmt.Sprintf("%s read what an aborted transaction wrote", f.op(reader)), []claim{
			{w, fmt.Sprintf("%s and failed, so that nobody may ever see it", f.wrote(v))},
			{reader, fmt.Sprintf("read %s of %s, which %s had written", f.valueText(v), f.keyText(key), f.op(w))}})
		f.about(key)
	}
}

func (f *findings) intermediateRead(key, v, reader int32) {
	if w := f.values[v].writer; f.find(finding{anomaly: "G1b"}) {
		f.tell(finding{anomaly: "G1b"}, fmt.Sprintf("%s read what was not the last write of its transaction",
			f.op(reader)), []claim{
			{w, fmt.Sprintf("%s and later wrote to it once more", f.wrote(v))},
			{reader, fmt.Sprintf("read %s as it was between the two writes of %s", f.keyText(key), f.op(w))}})
		f.about(key)
	}
}

func (f *findings) dirtyUpdate(key, aborted, next, reader int32) {
	if a, w := f.values[aborted].writer, f.values[next].writer; f.find(finding{anomaly: "dirty-update"}) {
		f.tell(finding{anomaly: "dirty-update"}, fmt.Sprintf("%s built on what %s wrote, which had aborted", f.op(w),
			f.op(a)), []claim{
			{a, fmt.Sprintf("%s and failed, so that nobody may ever see it", f.wrote(aborted))},
			{w, fmt.Sprintf("%s behind it", f.wrote(next))},
			{reader, fmt.Sprintf("read both of %s in that order", f.keyText(key))}})
		f.about(key)
	}
}

func (f *findings) incompatible(key, a, b int32, order, other []int32) {
	if !f.find(finding{anomaly: "incompatible-order"}) {
		return
	}
	same := 0
	for same < min(len(order), len(other)) && order[same] == other[same] {
		same++
	}
	f.tell(finding{anomaly: "incompatible-order"},
		fmt.Sprintf("%s has no order: %s and %s saw different ones", f.keyText(key), f.op(a), f.op(b)), []claim{
			{a, fmt.Sprintf("read %s as %s, %s", f.keyText(key), f.listAt(key, order, same),
				f.behind(key, order, same))},
			{b, fmt.Sprintf("read %s as %s, %s: no order of the appends gives both", f.keyText(key),
				f.listAt(key, other, same), f.behind(key, other, same))}})
	f.about(key)
}

// reversed reports that what a transaction appended was not read in the order in which it appended.
func (f *findings) reversed(key, first, second, reader int32) {
	what := finding{anomaly: "incompatible-order"}
	if !f.find(what) {
		return
	}
	x := f.values[second].writer
	f.tell(what, fmt.Sprintf("%s is not in the order in which %s appended", f.keyText(key), f.op(x)), []claim{
		{x, fmt.Sprintf("%s, and then %s", f.wrote(first), f.valueText(second))},
		{reader, fmt.Sprintf("read %s with %s in it and no %s before that", f.keyText(key), f.valueText(second),
			f.valueText(first))}})
	f.about(key)
}

// lostUpdate reports that two transactions changed the same version; absent says that not both read
// it by its key's name.
func (f *findings) lostUpdate(key, v int32, rivals []int32, absent bool) {
	what := finding{anomaly: "lost-update", absent: absent}
	if !f.find(what) {
		return
	}
	found := f.versionText(key, v)
	if f.model == ListAppend && v == none {
		found = f.listOf(key, nil)
	}
	a, b := rivals[0], rivals[1]
	f.tell(what, fmt.Sprintf("%s and %s both changed %s from what it was at %s", f.op(a), f.op(b), f.keyText(key),
		found), []claim{
		{a, fmt.Sprintf("read %s at %s and %s", f.keyText(key), found, f.wrote(f.writeOf(a, key)))},
		{b, fmt.Sprintf("read %s at %s too and %s: whichever of the two came second had not seen the other",
			f.keyText(key), found, f.wrote(f.writeOf(b, key)))}})
	f.about(key)
}

// writeOf is the first value that a transaction wrote to a key.
func (f *findings) writeOf(x, key int32) int32 {
	for _, m := range f.did(x) {
		if m.write && m.key == key {
			return m.value
		}
	}
	return none
}

func (f *findings) cyclicVersions(key int32, circle []int32) {
	if !f.find(finding{anomaly: "cyclic-versions"}) {
		return
	}
	var claims []claim
	for i, x := range circle {
		after := circle[(i+1)%len(circle)]
		claims = append(claims, claim{x, fmt.Sprintf("%s, which %s read and replaced", f.wrote(f.writeOf(x, key)),
			f.op(after))})
	}
	f.tell(finding{anomaly: "cyclic-versions"},
		fmt.Sprintf("the versions of %s come before each other", f.keyText(key)), claims)
	f.about(key)
}

// cycle adds a cycle that was found.
func (f *findings) cycle(what finding, c cycle) {
	if !f.find(what) {
		return
	}
	shape := ""
	if s := c.shape(); s != "" {
		shape = ", a " + s
	}
	var claims []claim
	var others []int32
	for _, d := range c {
		text, witnesses := f.sentence(d)
		claims = append(claims, claim{d.from, text})
		others = append(others, witnesses...)
	}
	f.tell(what, fmt.Sprintf("%d transactions in a circle%s%s", len(c), f.around(c), shape), claims, others...)
	f.draw(c)
}

// aroundAtMost is how many transactions a cycle may have to be told in one line.
const aroundAtMost = 4

// around is a short cycle in one line: ": #1 → #4 (wr x) → #1 (rw y)".
func (f *findings) around(c cycle) string {
	if len(c) > aroundAtMost {
		return ", each before the next"
	}
	text := ": " + f.op(c[0].from)
	for _, d := range c {
		over := kindNames[d.kind]
		if d.key != none {
			over += " " + f.keyText(d.key)
		}
		text += fmt.Sprintf(" → %s (%s)", f.op(d.to), over)
	}
	return text
}

// about says which keys the latest evidence is about.
func (f *findings) about(keys ...int32) {
	e := &f.evidence[len(f.evidence)-1]
	for _, key := range keys {
		if key != none && !slices.Contains(e.Keys, f.keys[key]) {
			e.Keys = append(e.Keys, f.keys[key])
		}
	}
}

// draw adds a cycle to the latest evidence.
func (f *findings) draw(c cycle) {
	e := &f.evidence[len(f.evidence)-1]
	for _, d := range c {
		f.about(d.key)
		e.Cycle = append(e.Cycle, checker.Dependency{From: f.txns[d.from].op, To: f.txns[d.to].op,
			Kind: kindNames[d.kind], Label: f.label(d)})
	}
}

// shape is the name that a small cycle goes by.
func (c cycle) shape() string {
	antis := 0
	for i, d := range c {
		if next := c[(i+1)%len(c)]; d.kind == rw && next.kind == wr || d.kind == wr && next.kind == rw {
			antis++
		}
	}
	switch {
	case len(c) == 2 && c[0].kind == rw && c[1].kind == rw && c[0].key != c[1].key:
		return "write skew"
	case len(c) == 2 && c[0].kind == rwPredicate && c[1].kind == rwPredicate:
		return "phantom"
	case len(c) == 4 && antis == 4:
		return "long fork"
	default:
		return ""
	}
}
