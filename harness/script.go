package harness

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
)

// Pinned returns the plan with its draws written out: the faults and calls that a run of it
// recorded. Calls after healing are not part of a plan. If the plan would order faults at one time
// differently than the run did, a nanosecond is put between them.
func Pinned(p plan.Plan, h *history.History) plan.Plan {
	p.Schedule, p.Calls = nil, nil
	var latest turn
	clients := p.Concurrency.Of(p.Nodes)
	begun := map[int]int{} // places in the schedule, by the number of the fault
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.F == history.HealAll {
			break
		}
		if op.Process != history.Nemesis {
			call := plan.Call{At: plan.Duration(op.Time), Client: int(op.Process % history.Process(clients)), F: op.F,
				Key: op.Key}
			if string(op.Value) != "null" {
				call.Value = plan.JSON(op.Value)
			}
			if own := NodeNames(p.Nodes)[call.Client%p.Nodes]; op.Node != own {
				call.Node = string(op.Node)
			}
			p.Calls = append(p.Calls, call)
			continue
		}
		var f history.Fault
		if json.Unmarshal(op.Value, &f) != nil {
			continue
		}
		if i, known := begun[f.ID]; known {
			latest = latest.next(op.Time, 2*i+1)
			p.Schedule[i].For = latest.at - p.Schedule[i].At
			continue
		}
		begun[f.ID] = len(p.Schedule)
		latest = latest.next(op.Time, 2*len(p.Schedule))
		fixed := plan.Fixed{At: latest.at, Fault: f.Fault, Shape: f.Shape}
		for _, n := range f.Nodes {
			fixed.Nodes = append(fixed.Nodes, string(n))
		}
		for name, value := range f.Set {
			var v any
			if json.Unmarshal(value, &v) == nil {
				if fixed.Set == nil {
					fixed.Set = map[string]any{}
				}
				fixed.Set[name] = v
			}
		}
		p.Schedule = append(p.Schedule, fixed)
	}
	return p
}

// turn is when a fault begins or ends, and its place among those of one time.
type turn struct {
	at    plan.Duration
	place int
}

// next returns the turn that follows t, at the given time or as soon after it as its place allows.
func (t turn) next(at time.Duration, place int) turn {
	next := turn{plan.Duration(at), place}
	if next.at < t.at || next.at == t.at && place < t.place {
		next.at = t.at
		if place < t.place {
			next.at++
		}
	}
	return next
}

// CheckScript returns an error if the faults that a plan writes out are not valid.
func CheckScript(p plan.Plan) error {
	nodes := NodeNames(p.Nodes)
	for i, f := range p.Schedule {
		kind, ok := nemesis.Named(f.Fault)
		shaped := slices.ContainsFunc(kind.Shapes, func(s nemesis.Shape) bool { return s.Name == f.Shape })
		if !ok || !shaped {
			return fmt.Errorf("schedule: fault %d: %s has no shape %q", i+1, f.Fault, f.Shape)
		}
		for _, n := range f.Nodes {
			if !slices.Contains(nodes, history.NodeID(n)) {
				return fmt.Errorf("schedule: fault %d: no node is named %q", i+1, n)
			}
		}
		if len(f.Nodes) == 0 {
			return fmt.Errorf("schedule: fault %d: it names no nodes", i+1)
		}
	}
	return nil
}

// written generates the faults that a plan writes out.
func written(faults []plan.Fixed) generator.Generator {
	var ops []history.Op
	for i, f := range faults {
		kind, _ := nemesis.Named(f.Fault)
		fault := history.Fault{ID: i + 1, Fault: f.Fault, Phase: history.Start, Shape: f.Shape}
		for _, n := range f.Nodes {
			fault.Nodes = append(fault.Nodes, history.NodeID(n))
		}
		for name, v := range f.Set {
			if fault.Set == nil {
				fault.Set = history.Settings{}
			}
			fault.Set[name] = asJSON(v)
		}
		ops = append(ops, history.Op{Time: time.Duration(f.At), F: kind.Start, Value: asJSON(fault)})
		if f.For > 0 {
			end := history.Fault{ID: fault.ID, Fault: f.Fault, Phase: history.Stop}
			ops = append(ops, history.Op{Time: time.Duration(f.At + f.For), F: kind.Stop, Value: asJSON(end)})
		}
	}
	// At one time the earlier in the list comes first, so one fault of a kind can follow another
	// at once.
	slices.SortStableFunc(ops, func(a, b history.Op) int { return cmp.Compare(a.Time, b.Time) })
	return generator.Faults(&script{lanes: [][]history.Op{ops}, next: []int{0}})
}

func asJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic("harness: no JSON: " + err.Error()) // faults, and what YAML and JSON have in common
	}
	return text
}

// writtenCalls generates the calls that a plan writes out.
func writtenCalls(calls []plan.Call, clients int) generator.Generator {
	s := &script{lanes: make([][]history.Op, clients), next: make([]int, clients)}
	for _, c := range calls {
		op := history.Op{Time: time.Duration(c.At), F: c.F, Key: c.Key, Value: json.RawMessage("null"),
			Node: history.NodeID(c.Node)}
		if c.Value != "" {
			op.Value = json.RawMessage(c.Value)
		}
		s.lanes[c.Client] = append(s.lanes[c.Client], op)
	}
	for _, lane := range s.lanes {
		slices.SortStableFunc(lane, func(a, b history.Op) int { return cmp.Compare(a.Time, b.Time) })
	}
	return generator.Clients(s)
}

// script makes operations that are written out, each at its time or as soon after it as its
// process is free. A lane holds the operations of one thread.
type script struct {
	lanes [][]history.Op
	next  []int // of each lane
}

func (s *script) Next(ctx generator.Context) (history.Op, generator.State, generator.Generator) {
	best, done := -1, true
	for i, lane := range s.lanes {
		if s.next[i] == len(lane) || i >= len(ctx.Procs) {
			continue
		}
		done = false
		if slices.Contains(ctx.Free, ctx.Procs[i]) &&
			(best < 0 || lane[s.next[i]].Time < s.lanes[best][s.next[best]].Time) {
			best = i
		}
	}
	switch {
	case done:
		return history.Op{}, generator.Done, s
	case best < 0:
		return history.Op{}, generator.Pending, s
	}
	op := s.lanes[best][s.next[best]]
	if op.Time > ctx.Time {
		return history.Op{Time: op.Time}, generator.Pending, s
	}
	op.Time, op.Process = ctx.Time, ctx.Procs[best]
	next := slices.Clone(s.next)
	next[best]++
	return op, generator.Ready, &script{s.lanes, next}
}

func (s *script) Update(generator.Context, history.Op) generator.Generator { return s }
