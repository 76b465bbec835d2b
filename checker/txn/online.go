package txn

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// Online judges a history of transactions by one level while it happens (X14).
//
// It accuses at the end of the first transaction by which the events so far are no history of the
// level, as Check would say of them. That it accuses of nothing proves nothing: the verdict on the
// whole history is that of Check.
//
// It remembers every transaction and every value that was written, and of each list its longest
// read, for a read may turn up that is as old as the history: less than a kilobyte for one of four
// micro-operations. What else was read is forgotten.
type Online struct {
	*trace
	asked  level
	look   mask // kinds of dependencies that the level looks at
	no     proscribed
	surely bool // only among transactions that certainly committed (X1)
	timely bool // a read of a value that nobody has begun to write is a violation, whoever writes it later

	found *findings
	model liveModel

	order topology
	owner []int32 // of each node its transaction, none for a junction
	lives []life  // of transactions
	under map[history.Process]int32
	ended []int32                   // nodes of transactions that ended since the last barrier
	last  map[history.Process]int32 // of each session the node of its last transaction that ended ok
	wall  int32                     // the last barrier, or none
	at    int32                     // events so far
	began time.Time

	circle cycle  // that rules out the level
	gaveUp string // why it watches no more
}

// life is what an online judge knows of a transaction beside what it did. Its node is created when
// it counts, because most of its dependencies then follow the order.
type life struct {
	node   int32
	after  int32 // barrier at its beginning, or none
	follow int32 // node of the transaction before it in its session, or none
}

// liveModel draws the dependencies of a model.
type liveModel interface {
	// read takes what a transaction read that ended ok.
	read(x int32) error
	// settle takes what a transaction wrote that counts from now on.
	settle(x int32)
	// claim takes it that a transaction will write what was read already.
	claim(x, v int32)
	// reader is somebody who read a value, or none.
	reader(v int32) int32
}

// NewOnline judges histories of [ListAppend] or [RWRegister] by a level of [Levels] while they
// happen, "" is the strictest, whose keys begin as initial says. It is an error if there is no such
// model or level, if the model does not take such initial values, or if it is judged only at the
// end.
func NewOnline(modelName, consistency string, initial history.Initial) (*Online, error) {
	c, err := New(modelName, consistency)
	if err == nil {
		err = CheckInitial(modelName, initial)
	}
	if err != nil {
		return nil, err
	}
	if modelName == Bank {
		return nil, fmt.Errorf("a %s is judged when its history ends", Bank)
	}
	asked := c.(judge).asked
	o := &Online{asked: asked, timely: below(asked)&strongReadCommitted != 0, wall: none, began: time.Now(),
		under: map[history.Process]int32{}, last: map[history.Process]int32{},
		trace: &trace{initial: initial, keyNumbers: map[string]int32{}, small: map[uint64]int32{},
			others: map[valueName]int32{}}}
	s := o.stage()
	o.look, o.surely, o.no = s.kinds, s.surely, anyCycle
	if s.apart {
		o.no = apart
	}
	if asked == consistentView { // cycles with one rw do not go by an order
		o.look, o.no = o.look&^anyRW, anyCycle
	}
	o.found = newFindings(o.trace, modelName)
	if g := (&graph{trace: o.trace}); modelName == ListAppend {
		o.model = &liveLists{Online: o, own: &lists{graph: g, found: o.found}}
	} else {
		o.model = &liveRegisters{Online: o, own: &registers{graph: g, found: o.found}}
	}
	return o, nil
}

// stage is what the level asks of the graph, as far as an order tells; of causal consistency that
// is what it implies.
func (o *Online) stage() (of *stage) {
	asked := o.asked
	if asked == causal {
		asked = sessionReadCommitted
	}
	for i := range stages {
		if stages[i].level == asked {
			of = &stages[i]
		}
	}
	return of
}

// Event takes the next event. It says false once the level is ruled out.
func (o *Online) Event(op *history.Op) (possible bool) {
	defer func() {
		if p := recover(); p != nil {
			o.gaveUp, possible = fmt.Sprintf("event %d: %v", op.Index, p), true
		}
	}()
	if o.accused() {
		return false
	}
	if op.Process == history.Nemesis || o.gaveUp != "" {
		return true
	}
	o.at++
	var err error
	if op.Kind == history.Invoke {
		err = o.invoke(op)
	} else {
		err = o.complete(op)
	}
	if err != nil {
		o.gaveUp = fmt.Sprintf("event %d: %v", op.Index, err)
	}
	return !o.accused()
}

// Look says what Event says, which puts nothing off.
func (o *Online) Look(context.Context) bool { return !o.accused() }

// accused says that something was found that rules out the level.
func (o *Online) accused() bool {
	if o.circle != nil {
		return true
	}
	for what := range o.found.found {
		if what.rulesOut()&o.asked != 0 {
			return true
		}
	}
	return false
}

func (o *Online) invoke(op *history.Op) error {
	if op.F != "txn" || op.Key != "" {
		return fmt.Errorf("%s is no transaction", op.F)
	}
	number := int32(len(o.txns))
	x := transaction{op: op.Index, begin: o.at, end: none, process: op.Process, kind: history.Info,
		from: int32(len(o.micros))}
	if err := o.parse(o.found.model, op.Value, &x); err != nil {
		return err
	}
	x.to = int32(len(o.micros))
	o.txns = append(o.txns, x)
	o.forget(o.micros[x.from:])
	o.under[op.Process] = number
	if len(o.ended) > 0 && realtime.in(o.look) {
		next := o.junction()
		o.draw(o.wall, next, pass, none)
		for _, node := range o.ended {
			o.draw(node, next, realtime, none)
		}
		o.wall, o.ended = next, o.ended[:0]
	}
	follow, ok := o.last[op.Process]
	if !ok {
		follow = none
	}
	o.lives = append(o.lives, life{none, o.wall, follow})
	if o.timely {
		return o.claim(number)
	}
	return nil
}

// claim takes it that a transaction is the one that wrote its values. In real time that is certain
// once it has begun. If it fails, a later write of the same value began after all reads so far had
// ended, so that they saw what aborted. Where nothing depends on time these reads may have seen
// the later write. There a transaction has written nothing until it has ended without failing.
func (o *Online) claim(number int32) error {
	for _, m := range o.did(number) {
		if w := o.values[m.value].writer; w != none && o.txns[w].kind == history.Fail {
			if o.asked&uncommitted != 0 && o.found.model == ListAppend { // a read may have seen either
				return &twice{key: o.keys[m.key], value: o.valueText(m.value)}
			}
			o.values[m.value].writer = none // a client may try again what certainly failed
		}
	}
	if err := o.attribute(number); err != nil {
		return err
	}
	for _, m := range o.did(number) {
		o.model.claim(number, m.value)
	}
	return nil
}

// unwritten says whether nobody is known to have written a value. Where nothing depends on time a
// write that failed does not count, because it may be tried again.
func (o *Online) unwritten(v int32) bool {
	w := o.values[v].writer
	return w == none || !o.timely && o.txns[w].kind == history.Fail
}

func (o *Online) complete(op *history.Op) error {
	number, ok := o.under[op.Process]
	if !ok {
		return fmt.Errorf("process %v completes %s, which it has not invoked (H2)", op.Process, op.F)
	}
	delete(o.under, op.Process)
	x := &o.txns[number]
	switch op.Kind {
	case history.Fail:
		x.kind = history.Fail
		o.fail(number)
	case history.Ok:
		x.kind, x.end = history.Ok, o.at
		if !o.timely {
			if err := o.claim(number); err != nil {
				return err
			}
		}
		return o.finish(number, op)
	case history.Info:
		if !o.timely {
			return o.claim(number)
		}
	}
	return nil
}

// fail reports that somebody has seen what a transaction wrote that failed. A read that saw it
// showed it to others, or was the last to. Where nothing depends on time, fail only remembers who
// wrote what failed.
func (o *Online) fail(number int32) {
	if !o.timely {
		for _, m := range o.did(number) {
			if v := &o.values[m.value]; v.writer == none {
				v.writer = number
			}
		}
		return
	}
	if !o.txns[number].committed {
		return
	}
	for _, m := range o.did(number) {
		if reader := o.model.reader(m.value); reader != none {
			o.found.abortedRead(m.key, m.value, reader)
		}
	}
}

// finish takes what a transaction read. Its writes stay, its reads are forgotten.
func (o *Online) finish(number int32, op *history.Op) error {
	x := &o.txns[number]
	from, to, predicates := x.from, x.to, len(o.predicates)
	x.from = int32(len(o.micros))
	if err := o.parse(o.found.model, op.Value, x); err != nil {
		return err
	}
	x.to = int32(len(o.micros))
	if !o.wroteTheSame(from, to, x.from, x.to) {
		return fmt.Errorf("#%d ended with other writes than it began with", x.op)
	}
	node := o.live(number)
	for _, s := range o.strays {
		s.txn = number
		o.found.stray(s)
	}
	o.strays = nil
	var err error
	switch {
	case len(o.predicates) > predicates && o.initial.Given():
		err = fmt.Errorf("#%d: %w", x.op, errPredicateOfInitial)
	case len(o.predicates) == predicates:
		err = o.model.read(number)
	case o.surely: // it may have shown that reads contradict each other, which rules out nothing here
		err = fmt.Errorf("#%d is a predicate read", x.op)
	}
	o.forget(o.did(number))
	o.micros, o.predicates = o.micros[:x.from], o.predicates[:predicates]
	x.from, x.to = from, to
	if err != nil || o.accused() {
		return err
	}
	o.count(number)
	if realtime.in(o.look) {
		o.ended = append(o.ended, node)
	}
	o.last[x.process] = node
	return nil
}

// wroteTheSame compares two stretches of micro-operations by what they wrote.
func (o *Online) wroteTheSame(from, to, again, until int32) bool {
	for ; again < until; again++ {
		if !o.micros[again].write {
			continue
		}
		if from == to || o.micros[from].value != o.micros[again].value {
			return false
		}
		from++
	}
	return from == to
}

// junction is a new node that is no transaction.
func (o *Online) junction() int32 { return o.node(none) }

func (o *Online) node(x int32) int32 {
	o.owner = append(o.owner, x)
	o.order.grow(o.no.states(int32(len(o.owner))))
	return int32(len(o.owner) - 1)
}

// live is the node of a transaction.
func (o *Online) live(x int32) int32 {
	l := &o.lives[x]
	if l.node == none {
		l.node = o.node(x)
		o.draw(l.after, l.node, pass, none)
		o.draw(l.follow, l.node, process, none)
	}
	return l.node
}

// count takes it that a transaction committed, as far as the level asks (X1).
func (o *Online) count(x int32) {
	if t := &o.txns[x]; !t.committed && (t.kind == history.Ok || t.kind == history.Info && !o.surely) {
		t.committed = true
		o.live(x)
		o.model.settle(x)
	}
}

// depends draws a dependency between transactions.
func (o *Online) depends(from, to int32, k kind, key int32) { o.draw(o.live(from), o.live(to), k, key) }

// draw draws an edge between nodes, if there is such a node and the level looks at such edges.
func (o *Online) draw(from, to int32, k kind, key int32) {
	if from == none || to == none || from == to || !k.in(o.look) || o.circle != nil {
		return
	}
	o.no.leads(edge{from, to, k, key}, func(a, b int32) {
		if o.circle == nil {
			o.close(o.order.add(arc{from: a, to: b, kind: k, key: key}))
		}
	})
}

// close takes a cycle of arcs for the verdict.
func (o *Online) close(circle []arc) {
	start := slices.IndexFunc(circle, func(a arc) bool { return o.owner[o.no.node(a.from)] != none })
	for i := range circle {
		a := circle[(start+i)%len(circle)]
		from, to := o.owner[o.no.node(a.from)], o.owner[o.no.node(a.to)]
		if from != none {
			o.circle = append(o.circle, dependency{from: from, kind: a.kind, key: a.key})
		}
		if to != none {
			o.circle[len(o.circle)-1].to = to
		}
	}
}

// End gives the verdict on what came: invalid or unknown, for nothing is proved while a history
// happens. Nothing may follow.
func (o *Online) End() checker.Result {
	r := checker.Result{Checker: judge{asked: o.asked}.Name(), Method: "online", Took: time.Since(o.began),
		Stats: map[string]any{"transactions": len(o.txns), "dependencies": len(o.order.arcs)}}
	if !o.accused() {
		r.Verdict, r.Cause = checker.Unknown, checker.Undecided
		r.Reason = fmt.Sprintf("nothing was found that rules out %s, which proves nothing while a history happens",
			r.Checker)
		if o.gaveUp != "" {
			r.Reason = "it cannot be judged while it happens: " + o.gaveUp
		}
		return r
	}
	r.Verdict = checker.Invalid
	for _, e := range o.found.evidence {
		if e.of.rulesOut()&o.asked != 0 {
			r.Evidence = append(r.Evidence, e.Evidence)
		}
	}
	if o.circle != nil {
		r.Evidence = append(r.Evidence, o.tell())
	}
	r.Reason = fmt.Sprintf("the history is not %s: %s", r.Checker, r.Evidence[0].Kind)
	return r
}

// tell tells the cycle by what is still known.
func (o *Online) tell() checker.Evidence {
	what := o.stage().name(o.circle).anomaly
	e := checker.Evidence{Kind: what,
		Summary: fmt.Sprintf("%s: %d transactions in a circle%s", what, len(o.circle), o.found.around(o.circle))}
	for _, d := range o.circle {
		from, to := o.txns[d.from].op, o.txns[d.to].op
		step := checker.Dependency{From: from, To: to, Kind: kindNames[d.kind]}
		if d.key != none {
			step.Label = o.keyText(d.key)
			if !slices.Contains(e.Keys, o.keys[d.key]) {
				e.Keys = append(e.Keys, o.keys[d.key])
			}
		}
		e.Ops = append(e.Ops, from)
		e.Cycle = append(e.Cycle, step)
		e.Why = append(e.Why, checker.Claim{Op: from, Text: o.step(d)})
	}
	slices.Sort(e.Ops)
	return e
}

// step is a dependency in words.
func (o *Online) step(d dependency) string {
	from, to := o.found.op(d.from), o.found.op(d.to)
	switch d.kind {
	case process:
		return fmt.Sprintf("%s came before %s in the session of p%v", from, to, o.txns[d.from].process)
	case realtime:
		return fmt.Sprintf("%s ended before %s began", from, to)
	}
	key := o.keyText(d.key)
	switch d.kind {
	case wr:
		return fmt.Sprintf("%s wrote to %s what %s read", from, key, to)
	case ww:
		return fmt.Sprintf("%s wrote to %s before %s did", from, key, to)
	default:
		return fmt.Sprintf("%s read %s before %s wrote to it", from, key, to)
	}
}
