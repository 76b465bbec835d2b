package txn

import (
	"context"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
)

// The bounds of the search through the ways in which reads are told apart: histories that are
// examined, and micro-operations of all together.
const (
	mostExamined = 2000
	mostMicros   = 1 << 20
)

// tellApart judges a history whose reads may have seen one of several writes (X16). An execution
// decides for each which one it saw, and thereby is an execution of the history in which these
// writes have values of their own. So a level holds if and only if it does for one of the ways to
// tell the reads apart. They are told apart one after the other; what is ruled out while the rest
// is left out is ruled out in all ways that begin so.
func (j judge) tellApart(ctx context.Context, t *trace, all []ambiguity, whole bool) (*opinion, error) {
	root, err := j.examine(ctx, t.told(j.model, all, nil))
	if err != nil {
		return nil, err
	}
	d := distinction{judge: j, ctx: ctx, trace: t, all: all, left: mostExamined, micros: mostMicros}
	d.possible = everyLevel &^ root.ruledOut()
	root.proved = 0
	if whole && d.possible != 0 {
		if err := d.from(nil, root); err != nil {
			return nil, err
		}
	}
	if whole && d.left > 0 && d.micros > 0 {
		root.proved = d.proved
		root.cases = everyLevel &^ root.ruledOut() &^ (d.proved | d.open)
		root.why = d.evidence()
		return root, nil
	}
	root.proved = d.proved
	root.ambiguous = d.value()
	return root, nil
}

// distinction is the search.
type distinction struct {
	judge
	ctx      context.Context
	trace    *trace
	all      []ambiguity
	possible level // not ruled out by what is not ambiguous
	proved   level // by one way
	open     level // left open by one
	left     int   // to be examined
	micros   int
	refuted  []refutedCase
}

// refutedCase is a choice that rules out the level that was asked for.
type refutedCase struct {
	choices []int
	opinion *opinion
}

// from goes on from some reads that are told apart.
func (d *distinction) from(choices []int, o *opinion) error {
	if len(choices) == len(d.all) {
		d.proved |= o.proved
		d.open |= everyLevel &^ (o.proved | o.ruledOut())
		return nil
	}
	for i := range d.all[len(choices)].options {
		if d.left--; d.left <= 0 || d.micros <= 0 {
			return nil
		}
		next := append(slices.Clip(choices), i)
		t := d.trace.told(d.model, d.all, next)
		d.micros -= len(t.micros)
		o, err := d.examine(d.ctx, t)
		if err != nil {
			return err
		}
		if o.ruledOut()&d.asked != 0 {
			d.refuted = append(d.refuted, refutedCase{next, o})
		}
		if d.possible&^(d.proved|o.ruledOut()) == 0 {
			continue // it has no level that is not proved already
		}
		if err := d.from(next, o); err != nil {
			return err
		}
	}
	return nil
}

// value is a value that is ambiguous.
func (d *distinction) value() *twice {
	a := d.all[0]
	key := d.trace.micros[a.micro].key
	return &twice{key: d.trace.keys[key], value: d.trace.versionText(key, a.saw), initial: a.saw == none}
}

// evidence says of the first cases what is wrong with each.
func (d *distinction) evidence() []checker.Evidence {
	if len(d.refuted) == 0 {
		return nil
	}
	e := checker.Evidence{}
	for _, c := range d.refuted[:min(len(d.refuted), told)] {
		last := len(c.choices) - 1
		a := d.all[last]
		text, found := "", c.opinion
		for k, v := range a.options[c.choices[last]].chosen {
			if k > 0 {
				text += ", "
			}
			text += found.seen(v)
		}
		reader := found.txns[a.txn].op
		for _, kind := range found.guilty(d.asked) {
			because := found.against(kind, d.asked)
			if len(because) == 0 {
				continue
			}
			if e.Kind == "" || rank(because[0].Kind) > rank(e.Kind) {
				e.Kind = because[0].Kind
			}
			key := found.keyText(d.trace.micros[a.micro].key)
			supposed := fmt.Sprintf("if #%d saw of %s %s: %s", reader, key, text, because[0].Summary)
			e.Why = append(append(e.Why, checker.Claim{Op: reader, Text: supposed}), because[0].Why...)
			e.Ops = append(append(e.Ops, because[0].Ops...), reader)
			e.Keys = append(append(e.Keys, because[0].Keys...), found.keys[d.trace.micros[a.micro].key])
			break
		}
	}
	slices.Sort(e.Ops)
	e.Ops = slices.Compact(e.Ops)
	slices.Sort(e.Keys)
	e.Keys = slices.Compact(e.Keys)
	e.Summary = fmt.Sprintf("%s: whichever write was seen by each read that could have seen several", e.Kind)
	return []checker.Evidence{e}
}

// seen is a value and who wrote it.
func (f *findings) seen(v int32) string {
	if v == none {
		return "the initial value"
	}
	return fmt.Sprintf("the %s of %s", f.valueText(v), f.op(f.values[v].writer))
}
