package weak

import (
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// final is what the last reads of a key saw (W8).
type final struct {
	settled int             // position of the last completion of an update, or of the healing
	updated bool            // some update certainly took effect
	may     map[string]bool // what updates with unknown outcome would write
	loose   bool            // there is such an update
	written map[string]bool // what was or may have been written
	reads   []seen
}

type seen struct {
	op    int
	value string
}

// eventual judges convergence after healing.
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
	keys, names, err := finals(modelName, h, healed)
	if err != nil {
		return undecided(err)
	}
	reads := 0
	for _, name := range names {
		f := keys[name]
		reads += len(f.reads)
		e, unknown := f.judge(name, isRegister(modelName))
		if e != nil {
			return checker.Result{Verdict: checker.Invalid, Method: "final reads", Reason: "the history has not " + called[Eventual],
				Evidence: []checker.Evidence{*e}}
		}
		if unknown {
			return tooLittle("an update with unknown outcome may have changed what the last reads saw")
		}
	}
	if reads == 0 {
		return tooLittle("nobody read after healing and the last update")
	}
	return checker.Result{Verdict: checker.Valid, Method: "final reads", Stats: map[string]any{"final-reads": reads}}
}

func tooLittle(reason string) checker.Result {
	return checker.Result{Verdict: checker.Unknown, Cause: checker.TooLittle, Reason: reason}
}

func isRegister(modelName string) bool { return modelName == "register" || modelName == "cas-register" }

// finals gathers the last reads of each key, keys in order of first appearance.
func finals(modelName string, h *history.History, healed int) (keys map[string]*final, names []string, err error) {
	keys, names = map[string]*final{}, h.Keys()
	for _, name := range names {
		keys[name] = &final{settled: healed, may: map[string]bool{}, written: map[string]bool{}}
	}
	calls := func(reads bool, do func(f *final, c history.Call, op *history.Op) error) error {
		for _, c := range h.Calls() {
			op := h.Invocation(c)
			isRead := op.F == model.Read.String() || op.F == model.Contains.String()
			if op.Process == history.Nemesis || h.Kind(c) == history.Fail || isRead != reads {
				continue
			}
			if err := do(keys[op.Key], c, op); err != nil {
				return err
			}
		}
		return nil
	}
	err = calls(false, func(f *final, c history.Call, op *history.Op) error {
		written := ""
		if isRegister(modelName) {
			in, _, err := model.Register{CAS: true}.Call(op, nil)
			if err != nil {
				return err
			}
			written = string(in.Value)
		}
		f.written[written] = true
		if h.Kind(c) == history.Ok {
			f.settled, f.updated = max(f.settled, c.Complete), true
		} else {
			f.loose, f.may[written] = true, true
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	err = calls(true, func(f *final, c history.Call, op *history.Op) error {
		if h.Kind(c) != history.Ok || c.Invoke < f.settled || op.F != model.Read.String() {
			return nil
		}
		value, err := answer(modelName, h.Completion(c))
		f.reads = append(f.reads, seen{op.Index, value})
		return err
	})
	return keys, names, err
}

// answer is what a read returned, equal for equal states.
func answer(modelName string, completion *history.Op) (string, error) {
	if modelName != "set" {
		v, err := model.ParseValue(completion.Value)
		if err != nil {
			return "", fmt.Errorf("event %d: %w", completion.Index, err)
		}
		return string(v), nil
	}
	_, out, err := model.Set{}.Call(completion, completion)
	if err != nil {
		return "", err
	}
	list := make([]string, len(out.Values))
	for i, v := range out.Values {
		list[i] = string(v)
	}
	slices.Sort(list)
	return strings.Join(list, " "), nil
}

// judge compares the last reads of a key. An update with unknown outcome may still change a register to its value; what it
// does to another object is not known.
func (f *final) judge(key string, register bool) (e *checker.Evidence, unknown bool) {
	for i, r := range f.reads {
		lost := register && (!f.written[r.value] && (r.value != string(model.Null) || f.updated))
		differs := i > 0 && r.value != f.reads[i-1].value && !f.may[r.value]
		switch {
		case lost:
			return f.evidence(key, "what was read at the end was never written", "lost-update",
				[]int{r.op}, checker.Claim{Op: r.op, Text: "read " + r.value + " after all updates had ended"}), false
		case differs && !register && f.loose:
			return nil, true
		case differs:
			before := f.reads[i-1]
			return f.evidence(key, "the last reads disagree", "diverged", []int{before.op, r.op},
				checker.Claim{Op: r.op, Text: fmt.Sprintf("read %s, #%d read %s, and nothing changed in between", r.value, before.op, before.value)}), false
		}
	}
	return nil, false
}

func (f *final) evidence(key, summary, kind string, ops []int, claim checker.Claim) *checker.Evidence {
	if key != "" {
		summary = "key " + key + ": " + summary
	}
	return &checker.Evidence{Kind: kind, Key: key, Summary: summary, Ops: ops, Why: []checker.Claim{claim}}
}
