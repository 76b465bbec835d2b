package linear

import (
	"slices"

	"github.com/splitvote/splitvote/model"
)

const (
	mostAsked   = 16      // calls of a witness for which it is tried
	mostAnswers = 4       // that are worth a sentence
	mostOrders  = 1 << 16 // steps spent on finding them
)

// answers lists, in words, what a call could have returned: its results in all orders of calls that
// explain the others. It is for witnesses, which are small, and says false if the model cannot tell
// or there are too many.
func answers[S, In, Out any](m model.Model[S, In, Out], calls []call[In, Out], accused int) ([]string, bool) {
	asker, ok := m.(model.Answerer[S, In, Out])
	if !ok || len(calls) > mostAsked {
		return nil, false
	}
	c := &calls[accused]
	if _, depends := asker.Answer(m.Init(), c.in); !depends || m.Describe(c.in, c.result()) == m.Describe(c.in, nil) {
		return nil, false // it returned nothing
	}
	o := orders[S, In, Out]{m: m, asker: asker, calls: calls, accused: accused, done: make([]bool, len(calls))}
	o.place(m.Init())
	return o.found, len(o.found) > 0 && len(o.found) <= mostAnswers && o.steps < mostOrders
}

// orders tries all orders of a few calls.
type orders[S, In, Out any] struct {
	m       model.Model[S, In, Out]
	asker   model.Answerer[S, In, Out]
	calls   []call[In, Out]
	accused int
	answer  string // in the order that is being tried
	done    []bool
	found   []string
	steps   int
}

func (o *orders[S, In, Out]) place(s S) {
	if o.steps++; o.steps >= mostOrders || len(o.found) > mostAnswers {
		return
	}
	deadline, complete := never, true
	for i := range o.calls {
		if c := &o.calls[i]; !o.done[i] && !c.pending() {
			deadline, complete = min(deadline, c.end), false
		}
	}
	if complete {
		if !slices.Contains(o.found, o.answer) {
			o.found = append(o.found, o.answer)
		}
		return
	}
	for i := range o.calls {
		c := &o.calls[i]
		if o.done[i] || c.begin > deadline {
			continue
		}
		result := c.result()
		if i == o.accused {
			result = nil
			out, _ := o.asker.Answer(s, c.in)
			o.answer = o.m.Describe(c.in, &out)
		}
		o.done[i] = true
		for _, after := range o.m.Step(nil, s, c.in, result) {
			o.place(after)
		}
		o.done[i] = false
	}
}
