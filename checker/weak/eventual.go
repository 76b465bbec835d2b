package weak

import (
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// object is what a history says of one key: its updates, what nodes have shown of it, and the last reads (W8).
type object struct {
	key     string
	settled int // position of the last completion of an update that took effect, or of the healing
	updates []update
	shown   []shown // by every read, whenever it was
	last    []shown // by those that began after settled
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
}

func (s *shown) has(value string) bool { return slices.Contains(s.values, value) }

// eventual judges what all replicas have come to after healing.
func eventual(modelName string, h *history.History) checker.Result {
	healed, faults := -1, false
	for i := range h.Ops {
		if op := &h.Ops[i]; op.Process == history.Nemesis {
			faults = true
			if op.F == history.HealAll && op.Kind != history.Invoke {
				healed = i
			}
		}
	}
	if faults && healed < 0 {
		return tooLittle("the faults were never healed")
	}
	objects, err := gather(modelName, h, healed)
	if err != nil {
		return undecided(err)
	}
	reads, open := 0, false
	for _, o := range objects {
		reads += len(o.last)
		e, undecided := o.judge(modelName)
		if e != nil {
			return checker.Result{Verdict: checker.Invalid, Method: "final reads", Reason: "the history has not " + called[Eventual],
				Evidence: []checker.Evidence{*e}}
		}
		open = open || undecided
	}
	switch {
	case open:
		return tooLittle("an update with unknown outcome may have changed what the last reads saw")
	case reads == 0:
		return tooLittle("nobody read after healing and the last update")
	}
	return checker.Result{Verdict: checker.Valid, Method: "final reads", Stats: map[string]any{"final-reads": reads}}
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
		objects = append(objects, o)
		at[key] = o
	}
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

// parse is what a call updates or, where its result is known, what it shows; neither where it says nothing.
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
		return nil, &shown{n: out}, nil
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
