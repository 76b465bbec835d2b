package weak

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/checker"
)

// What the last reads of an object may have seen (W8), object by object. Where a judgement is
// unknown an update whose outcome is unknown stands in the way.

func (o *object) judge(modelName string) (e *checker.Evidence, unknown bool) {
	wrong, mayDiffer := o.wrongElements, o.looseElements
	switch {
	case isRegister(modelName):
		wrong, mayDiffer = o.wrongValue, func(a, _ *shown) bool { return o.mayWrite(a.values[0]) }
	case modelName == "counter":
		wrong, mayDiffer = o.wrongSum, o.loose
	case modelName == "append-list":
		wrong, mayDiffer = o.wrongList, o.loose
	}
	for i := range o.last {
		if e := wrong(&o.last[i]); e != nil {
			return e, false
		}
	}
	for i := 1; i < len(o.last); i++ {
		a, b := &o.last[i-1], &o.last[i]
		switch {
		case a.n == b.n && slices.Equal(a.values, b.values):
		case isRegister(modelName) && o.mayWrite(b.values[0]): // it has, in between
		case mayDiffer(a, b):
			unknown = true
		default:
			return o.evidence("diverged", "the last reads disagree", claim(a.op, "read "+a.text(modelName)),
				claim(b.op, "read "+b.text(modelName)+", and nothing changed in between")), false
		}
	}
	return nil, unknown
}

// wrongValue says what is wrong with the last value of a register: nobody wrote it, or every write
// of it happened before one that certainly took effect.
func (o *object) wrongValue(r *shown) *checker.Evidence {
	value := r.values[0]
	var writes []*update
	var certain *update
	for i := range o.updates {
		u := &o.updates[i]
		if u.value == value {
			writes = append(writes, u)
		}
		if u.certain() {
			certain = u
		}
	}
	if value == o.initial && len(writes) == 0 {
		if certain == nil {
			return nil
		}
		return o.evidence("lost-update", "nothing of what was written is left",
			claim(certain.op, "wrote "+certain.value), claim(r.op, "read "+value+" after all updates had ended"))
	}
	if len(writes) == 0 {
		return o.evidence("value-from-nowhere", "what was read at the end was never written",
			claim(r.op, "read "+value))
	}
	var last []checker.Claim
	for _, w := range writes {
		i := slices.IndexFunc(o.updates, func(u update) bool {
			return u.certain() && u.value != value && o.before(w, &u)
		})
		if i < 0 {
			return nil
		}
		u := &o.updates[i]
		last = []checker.Claim{claim(w.op, "wrote "+value),
			claim(u.op, fmt.Sprintf("wrote %s at %s, which had %s by then", u.value, u.node, value)),
			claim(r.op, "read "+value+" after all updates had ended")}
	}
	return o.evidence("lost-update", "what was read at the end had been overwritten", last...)
}

// wrongElements says what is wrong with the last elements of a set: one that nobody added, one of
// which every addition happened before a removal that certainly took effect, or one missing whose
// addition did and that no removal can have followed.
func (o *object) wrongElements(r *shown) *checker.Evidence {
	type changes struct{ adds, removes []*update }
	of := map[string]*changes{}
	for i := range o.updates {
		u := &o.updates[i]
		c := of[u.value]
		if c == nil {
			c = &changes{}
			of[u.value] = c
		}
		if u.removes {
			c.removes = append(c.removes, u)
		} else {
			c.adds = append(c.adds, u)
		}
	}
	has := map[string]bool{}
	for _, v := range r.values {
		has[v] = true
		c := of[v]
		if c == nil || len(c.adds) == 0 {
			return o.evidence("value-from-nowhere", v+" is there at the end and was never added",
				claim(r.op, "read "+v))
		}
		for _, remove := range c.removes {
			if remove.certain() && !slices.ContainsFunc(c.adds, func(add *update) bool {
				return !o.before(add, remove)
			}) {
				return o.evidence("resurrected", v+" is there at the end and was removed",
					claim(c.adds[0].op, "added "+v), claim(remove.op,
						fmt.Sprintf("removed %s at %s, which had it by then", v, remove.node)), claim(r.op, "read "+v))
			}
		}
	}
	for i := range o.updates {
		add := &o.updates[i]
		if add.removes || !add.certain() || has[add.value] {
			continue
		}
		if slices.ContainsFunc(of[add.value].removes, func(remove *update) bool { return !o.before(remove, add) }) {
			continue
		}
		return o.evidence("lost-update", add.value+" is missing at the end and was added",
			claim(add.op, "added "+add.value), claim(r.op, "read without "+add.value+", which nobody has removed"))
	}
	return nil
}

// wrongList says what is wrong with the last elements of a list: each is there as often as it
// certainly was appended, and no more often than it may have been.
func (o *object) wrongList(r *shown) *checker.Evidence {
	least, most, there := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range o.updates {
		u := &o.updates[i]
		most[u.value]++
		if u.certain() {
			least[u.value]++
		}
	}
	for _, v := range r.values {
		if there[v]++; there[v] > most[v] {
			if most[v] == 0 {
				return o.evidence("value-from-nowhere", v+" is there at the end and was never appended",
					claim(r.op, "read "+v))
			}
			return o.evidence("duplicate", fmt.Sprintf("%s is there %d times at the end and was appended %d times", v,
				there[v], most[v]), claim(r.op, "read "+v+" again"))
		}
	}
	for i := range o.updates {
		if u := &o.updates[i]; there[u.value] < least[u.value] {
			return o.evidence("lost-update", u.value+" is missing at the end and was appended",
				claim(u.op, "appended "+u.value), claim(r.op, "read without it"))
		}
	}
	return nil
}

// mostSums bounds how many sums are told apart; beyond it only the least and the greatest count.
const mostSums = 1 << 16

// wrongSum says that the last value of a counter is none that the additions can come to: all that
// certainly took effect, and some of the others.
func (o *object) wrongSum(r *shown) *checker.Evidence {
	var least, most int64
	sum := o.sum
	sums := map[int64]bool{0: true}
	for i := range o.updates {
		u := &o.updates[i]
		if u.certain() {
			sum += u.n
			continue
		}
		least, most = least+min(u.n, 0), most+max(u.n, 0)
		if len(sums) > mostSums {
			continue
		}
		more := make([]int64, 0, len(sums))
		for s := range sums {
			more = append(more, s+u.n)
		}
		for _, s := range more {
			sums[s] = true
		}
	}
	rest := r.n - sum
	if rest >= least && rest <= most && (len(sums) > mostSums || sums[rest]) {
		return nil
	}
	text := fmt.Sprintf("read %d, where what was added comes to %d", r.n, sum)
	if least != most {
		text += fmt.Sprintf(", and what may have been to %d to %d more", least, most)
	}
	return o.evidence("wrong-sum", "the last sum is not that of what was added", claim(r.op, text))
}

// before says that b was made by a replica that knew of a: its node had answered a before b began
// or, where a alone has that value, not even the initial one, had shown it.
func (o *object) before(a, b *update) bool {
	switch {
	case a.op == initially:
		return true
	case b.node == "":
		return false
	case a.node == b.node && a.end < b.begin:
		return true
	case a.removes || a.value == o.initial || slices.ContainsFunc(o.updates, func(u update) bool {
		return !u.removes && u.value == a.value && u.op != a.op
	}):
		return false
	}
	return slices.ContainsFunc(o.shown, func(s shown) bool {
		return s.node == b.node && s.end < b.begin && s.has(a.value)
	})
}

// loose says that some update has an unknown outcome.
func (o *object) loose(_, _ *shown) bool {
	return slices.ContainsFunc(o.updates, func(u update) bool { return !u.certain() })
}

// mayWrite says that a write with unknown outcome is of value. Where a read saw it and the next one
// does not, it may have reached one replica late.
func (o *object) mayWrite(value string) bool {
	return slices.ContainsFunc(o.updates, func(u update) bool { return !u.certain() && u.value == value })
}

// looseElements says that of every element in which two reads differ there is an update with
// unknown outcome.
func (o *object) looseElements(a, b *shown) bool {
	loose := map[string]bool{}
	for i := range o.updates {
		if u := &o.updates[i]; !u.certain() {
			loose[u.value] = true
		}
	}
	certain := func(of, other *shown) bool {
		return slices.ContainsFunc(of.values, func(v string) bool { return !loose[v] && !other.has(v) })
	}
	return !certain(a, b) && !certain(b, a)
}

// text is what a read returned, briefly.
func (s *shown) text(modelName string) string {
	switch {
	case modelName == "counter":
		return strconv.FormatInt(s.n, 10)
	case isRegister(modelName):
		return s.values[0]
	}
	return "[" + strings.Join(s.values, " ") + "]"
}

func claim(op int, text string) checker.Claim { return checker.Claim{Op: op, Text: text} }

// evidence is made of claims, one for each operation.
func (o *object) evidence(kind, summary string, why ...checker.Claim) *checker.Evidence {
	if o.key != "" {
		summary = "key " + o.key + ": " + summary
	}
	why = slices.DeleteFunc(why, func(c checker.Claim) bool { return c.Op == initially })
	slices.SortFunc(why, func(a, b checker.Claim) int { return a.Op - b.Op })
	e := &checker.Evidence{Kind: kind, Key: o.key, Summary: summary, Why: why}
	for _, c := range why {
		e.Ops = append(e.Ops, c.Op)
	}
	return e
}
