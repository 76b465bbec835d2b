package weak

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// object is what a history says of one key: its updates, what nodes have shown of it, and the last
// reads (W8).
type object struct {
	key     string
	settled int // position of the last completion of an update that took effect, or of the healing
	updates []update
	shown   []shown // by every read, whenever it was
	last    []shown // by those that began after settled, or of these the final ones
	initial string  // of a register: its value before any write
	sum     int64   // of a counter: likewise
}

// update is a call that took effect, or may have.
type update struct {
	op         int // index of its invocation
	begin, end int // positions; end is never where the outcome is unknown
	node       history.NodeID
	removes    bool   // an element of a set; else it adds or writes
	value      string // of a register, or an element
	n          int64  // what it adds to a counter
}

func (u *update) certain() bool { return u.end != never }

// shown is what a read returned.
type shown struct {
	op         int
	begin, end int
	node       history.NodeID
	values     []string // of a register one; of a set its elements, of a list in their order
	part       bool     // of a set, that one element is in it; of the others nothing is said
	n          int64    // of a counter
	process    history.Process
	final      bool // the history marks the read so
}

func (s *shown) has(value string) bool { return slices.Contains(s.values, value) }

// eventual judges what all replicas have come to. Final reads accuse. Without them a history is
// valid if what was read after the last update agrees, at least in each client's and each node's
// last read, and otherwise unknown: nothing says that the replicas were done. One last read agrees
// with nobody: it does not outweigh an earlier one that differs.
func eventual(modelName string, h *history.History, set settings) checker.Result {
	healed, open := healing(h)
	if open != "" {
		r := tooLittle(open + " was never healed")
		r.Decide = "an event that ends it (stop-" + open + ", heal-all), and reads after it"
		return r
	}
	objects, err := gather(modelName, h, healed)
	if err != nil {
		return undecided(err)
	}
	known := choose(objects, h, set)
	reads, loose := 0, false
	var early *checker.Evidence
	for _, o := range objects {
		reads += len(o.last)
		e, undecided := o.judge(modelName)
		if last := latest(o.last); e != nil && !known && !beyondLag(e) && (len(last) > 1 || e.Kind != "diverged") {
			o.last = last
			e, undecided = o.judge(modelName)
		}
		switch {
		case e == nil:
			loose = loose || undecided
		case known || beyondLag(e):
			return checker.Result{Verdict: checker.Invalid, Method: "final reads",
				Reason: "the history has not " + called[Eventual], Evidence: []checker.Evidence{*e}}
		case early == nil:
			early = e
		}
	}
	switch {
	case early != nil:
		r := tooLittle("no read is known to be final, and the last ones do not agree with the updates: " +
			early.Summary)
		r.Decide = "--settle DURATION, after which replicas must agree, or final reads that are marked (final, in " +
			"EDN :final? true)"
		return r
	case loose:
		r := tooLittle("an update with unknown outcome may have changed what the last reads saw")
		r.Decide = "later reads, which agree, or outcomes that are known"
		return r
	case reads == 0:
		r := tooLittle("nobody read after healing and the last update")
		if known {
			r = tooLittle("no final read came after healing and the last update")
		}
		r.Decide = "reads after the last fault and the last update have ended"
		return r
	}
	return checker.Result{Verdict: checker.Valid, Method: "final reads", Stats: map[string]any{"final-reads": reads}}
}

// healing is the position of the event that ended the last fault, -1 if there was none, and the
// name of a fault that none ended. An event of the nemesis that begins and ends no fault that is
// known here may have done either by then.
func healing(h *history.History) (healed int, open string) {
	healed = -1
	windows := h.Windows()
	for i := range h.Ops {
		if op := &h.Ops[i]; op.Process == history.Nemesis &&
			(op.F == history.HealAll && op.Kind != history.Invoke || len(windows) == 0) {
			healed = i
		}
	}
	for _, w := range windows {
		switch {
		case w.Ended:
			healed = max(healed, w.Last)
		case healed < w.First:
			open = w.Fault.Fault
		}
	}
	return healed, open
}

// choose leaves of every object's last reads those that are final, if the history or the settings
// say which are, and says whether they do.
func choose(objects []*object, h *history.History, set settings) (known bool) {
	known = set.settled || slices.ContainsFunc(objects, func(o *object) bool {
		return slices.ContainsFunc(o.shown, func(s shown) bool { return s.final })
	})
	if !known {
		return false
	}
	for _, o := range objects {
		from := history.Forever
		if set.settled {
			from = set.settle
			if o.settled >= 0 {
				from += h.Ops[o.settled].Time
			}
		}
		o.last = slices.DeleteFunc(o.last, func(s shown) bool { return !s.final && h.Ops[s.begin].Time < from })
	}
	return true
}

// latest are the reads that were the last of their process, or at their node.
func latest(reads []shown) []shown {
	process, node := map[history.Process]int{}, map[history.NodeID]int{}
	for i, s := range reads {
		process[s.process] = i
		if s.node != "" {
			node[s.node] = i
		}
	}
	var last []shown
	for i, s := range reads {
		if at, known := node[s.node]; process[s.process] == i || known && at == i {
			last = append(last, s)
		}
	}
	return last
}

// beyondLag says that no later exchange between replicas explains the evidence.
func beyondLag(e *checker.Evidence) bool {
	return e.Kind == "value-from-nowhere" || e.Kind == "duplicate"
}

func tooLittle(reason string) checker.Result {
	return checker.Result{Verdict: checker.Unknown, Cause: checker.TooLittle, Reason: reason}
}

func isRegister(modelName string) bool { return modelName == "register" || modelName == "cas-register" }

// gather reads the history, objects in the order of their first use.
func gather(modelName string, h *history.History, healed int) ([]*object, error) {
	var objects []*object
	at := map[string]*object{}
	for _, key := range h.Keys() {
		o := &object{key: key, settled: healed}
		if err := o.hold(modelName, h.Initial.Of(key)); err != nil {
			return nil, fmt.Errorf("the initial value of %s: %w", subject(key), err)
		}
		objects = append(objects, o)
		at[key] = o
	}
	room(at, h)
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis || h.Kind(c) == history.Fail {
			continue
		}
		var completion *history.Op
		end, node := never, op.Node
		if h.Kind(c) == history.Ok {
			completion, end = h.Completion(c), c.Complete
			node = completion.Node
		}
		u, s, err := parse(modelName, op, completion)
		if err != nil {
			return nil, err
		}
		o := at[op.Key]
		switch {
		case u != nil:
			u.op, u.begin, u.end, u.node = op.Index, c.Invoke, end, node
			o.updates = append(o.updates, *u)
			if u.certain() {
				o.settled = max(o.settled, end)
			}
		case s != nil:
			s.op, s.begin, s.end, s.node = op.Index, c.Invoke, end, node
			s.process, s.final = op.Process, op.Final || completion != nil && completion.Final
			o.shown = append(o.shown, *s)
		}
	}
	for _, o := range objects {
		for _, s := range o.shown {
			if s.begin > o.settled && !s.part {
				o.last = append(o.last, s)
			}
		}
	}
	return objects, nil
}

// room makes place for the calls of each object, so that nothing is copied as they come.
func room(objects map[string]*object, h *history.History) {
	type count struct{ updates, reads int }
	counts := make(map[string]*count, len(objects))
	for key := range objects {
		counts[key] = &count{}
	}
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		switch n := counts[op.Key]; {
		case n == nil || op.Process == history.Nemesis || h.Kind(c) == history.Fail:
		case op.F == model.Read.String():
			n.reads++
		default:
			n.updates++
		}
	}
	for key, o := range objects {
		o.shown = make([]shown, 0, counts[key].reads)
		o.updates = slices.Grow(o.updates, counts[key].updates)
	}
}

// hold notes what an object holds before any call. The elements of a set or a list count as added
// at every node by then.
func (o *object) hold(modelName string, initial json.RawMessage) (err error) {
	var elements []model.Value
	switch modelName {
	case "set":
		elements, err = model.InitialState(model.Set{}, initial)
	case "append-list":
		var list *model.List
		list, err = model.InitialState(model.AppendList{}, initial)
		elements, _ = model.AppendList{}.Answer(list, model.ListCall{F: model.Read})
	case "counter":
		o.sum, err = model.InitialState(model.Counter{}, initial)
	case "register", "cas-register":
		var value model.Value
		value, err = model.InitialState(model.Register{}, initial)
		o.initial = string(value)
	}
	for _, v := range elements {
		o.updates = append(o.updates, update{op: initially, begin: initially, end: initially, value: string(v)})
	}
	return err
}

// initially is the position of an update, and its operation, that stands for what was there before
// any call.
const initially = -1

// parse is what a call updates or, where its result is known, what it shows; neither where it says
// nothing.
func parse(modelName string, op, completion *history.Op) (*update, *shown, error) {
	switch modelName {
	case "set":
		in, out, err := model.Set{}.Call(op, completion)
		switch {
		case err != nil:
			return nil, nil, err
		case in.F == model.Add || in.F == model.Remove:
			return &update{removes: in.F == model.Remove, value: string(in.Value)}, nil, nil
		case completion == nil || in.F == model.Contains && !out.Has:
			return nil, nil, nil
		case in.F == model.Contains:
			return nil, &shown{values: []string{string(in.Value)}, part: true}, nil
		}
		return nil, &shown{values: texts(out.Values)}, nil
	case "counter":
		in, out, err := model.Counter{}.Call(op, completion)
		switch {
		case err != nil:
			return nil, nil, err
		case in.F == model.Add:
			return &update{n: in.N}, nil, nil
		case completion == nil:
			return nil, nil, nil
		}
		return nil, &shown{n: out.Sum}, nil
	case "append-list":
		in, out, err := model.AppendList{}.Call(op, completion)
		switch {
		case err != nil:
			return nil, nil, err
		case in.F == model.Append:
			return &update{value: string(in.Value)}, nil, nil
		case completion == nil:
			return nil, nil, nil
		}
		return nil, &shown{values: texts(out)}, nil
	case "register", "cas-register":
		in, out, err := model.Register{CAS: true}.Call(op, completion)
		switch {
		case err != nil:
			return nil, nil, err
		case completion != nil && in.Mismatched(&out):
			return nil, nil, nil // it changed nothing, and does not tell what it found
		case in.F != model.Read:
			return &update{value: string(in.Value)}, nil, nil
		case completion == nil:
			return nil, nil, nil
		}
		return nil, &shown{values: []string{string(out)}}, nil
	}
	return nil, nil, fmt.Errorf("no model %q has replicas that may differ", modelName)
}

func texts(values []model.Value) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}
