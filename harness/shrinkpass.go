package harness

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// tail cuts off the end, at the earliest moment that preserves the violation.
func (s *Shrinker) tail(ctx context.Context) {
	least, most := time.Duration(0), s.last()+time.Millisecond
	for most-least > 20*time.Millisecond && !s.over(ctx) {
		middle := (least + most) / 2
		if s.try(ctx, until(s.best.Plan, middle)) {
			most = middle
		} else {
			least = middle
		}
	}
}

// until returns the plan without what comes after a time.
func until(p plan.Plan, end time.Duration) plan.Plan {
	p.Calls = without(p.Calls, func(c plan.Call) bool { return time.Duration(c.At) > end })
	schedule := p.Schedule
	p.Schedule = nil
	for _, f := range schedule {
		if time.Duration(f.At) > end {
			continue
		}
		if time.Duration(f.At+f.For) > end {
			f.For = 0
		}
		p.Schedule = append(p.Schedule, f)
	}
	p.TimeLimit = min(p.TimeLimit, plan.Duration(end+time.Millisecond))
	return p
}

// last returns the time of the plan's last event.
func (s *Shrinker) last() time.Duration {
	var last plan.Duration
	for _, c := range s.best.Plan.Calls {
		last = max(last, c.At)
	}
	for _, f := range s.best.Plan.Schedule {
		last = max(last, f.At+f.For)
	}
	return time.Duration(last)
}

func (s *Shrinker) faults(ctx context.Context) {
	minimise(s.best.Plan.Schedule, s.pieces, func(left []plan.Fixed) bool {
		p := s.best.Plan
		p.Schedule = left
		return s.try(ctx, p)
	})
}

// lengths makes each fault affect fewer nodes and last until healing.
func (s *Shrinker) lengths(ctx context.Context) {
	for i := range s.best.Plan.Schedule {
		for range s.best.Plan.Schedule[i].Nodes {
			p := s.fault(i, func(f *plan.Fixed) { f.Nodes = slices.Clone(f.Nodes[:max(1, len(f.Nodes)-1)]) })
			if len(p.Schedule[i].Nodes) == len(s.best.Plan.Schedule[i].Nodes) || !s.try(ctx, p) {
				break
			}
		}
		if p := s.fault(i, func(f *plan.Fixed) { f.For = 0 }); s.best.Plan.Schedule[i].For > 0 {
			s.try(ctx, p)
		}
	}
}

// fault returns the best plan with its i-th fault changed.
func (s *Shrinker) fault(i int, change func(*plan.Fixed)) plan.Plan {
	p := s.best.Plan
	p.Schedule = slices.Clone(p.Schedule)
	change(&p.Schedule[i])
	return p
}

func (s *Shrinker) calls(ctx context.Context) {
	minimise(s.best.Plan.Calls, s.pieces, func(left []plan.Call) bool {
		p := s.best.Plan
		p.Calls = left
		return s.try(ctx, p)
	})
}

// micros leaves out micro-operations of transactions.
func (s *Shrinker) micros(ctx context.Context) {
	for i := range s.best.Plan.Calls {
		minimise(microOperations(s.best.Plan.Calls[i]), s.pieces, func(left []json.RawMessage) bool {
			p := s.best.Plan
			p.Calls = slices.Clone(p.Calls)
			p.Calls[i].Value = plan.JSON(asJSON(left))
			return len(left) > 0 && s.try(ctx, p)
		})
	}
}

// microOperations returns those of a transaction, nil for any other call.
func microOperations(c plan.Call) []json.RawMessage {
	var all []json.RawMessage
	if c.F != "txn" || json.Unmarshal([]byte(c.Value), &all) != nil {
		return nil
	}
	return all
}

// minimise leaves out ever smaller parts of a list, down to one piece in pieces, as long as the
// rest passes.
func minimise[T any](list []T, pieces int, passes func(left []T) bool) {
	for size, least := len(list), len(list)/pieces; size >= max(1, least); size /= 2 {
		for from := 0; from < len(list); {
			left := slices.Concat(list[:from], list[min(from+size, len(list)):])
			if passes(left) {
				list = left
			} else {
				from += size
			}
		}
	}
}

// nodes removes nodes from the cluster, one at a time.
func (s *Shrinker) nodes(ctx context.Context) {
	for out := s.best.Plan.Nodes; out >= 1 && s.best.Plan.Nodes > 1 && !s.over(ctx); out-- {
		if out <= s.best.Plan.Nodes {
			s.try(ctx, withoutNode(s.best.Plan, out))
		}
	}
}

// withoutNode returns the plan without the node of that number. Later nodes move up, and clients
// keep asking the same nodes.
func withoutNode(p plan.Plan, out int) plan.Plan {
	old, names := NodeNames(p.Nodes), NodeNames(p.Nodes-1)
	moved := func(name string) string {
		switch i := slices.Index(old, history.NodeID(name)); {
		case i < 0 || i == out-1:
			return ""
		case i >= out:
			return string(names[i-1])
		default:
			return name
		}
	}
	p.Calls = slices.Clone(p.Calls)
	for i := range p.Calls {
		p.Calls[i].Node = moved(asked(p.Calls[i], old))
	}
	p.Nodes--
	schedule := p.Schedule
	p.Schedule = nil
	for _, f := range schedule {
		var left []string
		for _, n := range f.Nodes {
			if to := moved(n); to != "" {
				left = append(left, to)
			}
		}
		if f.Nodes = left; len(left) > 0 {
			p.Schedule = append(p.Schedule, f)
		}
	}
	return p
}

// asked returns the node that a call goes to.
func asked(c plan.Call, nodes []history.NodeID) string {
	if c.Node != "" {
		return c.Node
	}
	return string(nodes[c.Client%len(nodes)])
}

// clients removes clients that make no call.
func (s *Shrinker) clients(ctx context.Context) {
	p := s.best.Plan
	var used []int
	for _, c := range p.Calls {
		if !slices.Contains(used, c.Client) {
			used = append(used, c.Client)
		}
	}
	if len(used) == p.Concurrency.Of(p.Nodes) {
		return
	}
	slices.Sort(used)
	nodes := NodeNames(p.Nodes)
	p.Calls = slices.Clone(p.Calls)
	for i := range p.Calls {
		c := &p.Calls[i]
		c.Node = asked(*c, nodes)
		c.Client = slices.Index(used, c.Client)
		if string(nodes[c.Client%len(nodes)]) == c.Node {
			c.Node = ""
		}
	}
	p.Concurrency = plan.Concurrency(strconv.Itoa(len(used)))
	s.try(ctx, p)
}

// press tries the least value that may be drawn for each setting: frequent snapshots need few
// commands.
func (s *Shrinker) press(ctx context.Context) {
	for _, o := range s.Target.Protocol().Options {
		least := s.best.Plan.Set[o.Name]
		for _, value := range o.Draw {
			now, errNow := strconv.Atoi(least)
			if n, err := strconv.Atoi(value); err == nil && errNow == nil && n < now {
				least = value
			}
		}
		s.set(ctx, o.Name, least)
	}
}

// settings restores the defaults, one setting at a time.
func (s *Shrinker) settings(ctx context.Context) {
	defaults := s.Target.Protocol().Defaults()
	for _, o := range Settings() {
		defaults[o.Name] = o.Default
	}
	for _, name := range slices.Sorted(maps.Keys(s.best.Plan.Set)) {
		s.set(ctx, name, defaults[name])
	}
}

// set tries another value of a setting; "" leaves it out.
func (s *Shrinker) set(ctx context.Context, name, value string) {
	p := s.best.Plan
	if p.Set[name] == value {
		return
	}
	p.Set = maps.Clone(p.Set)
	delete(p.Set, name)
	if value != "" {
		p.Set[name] = value
	}
	s.try(ctx, p)
}

// minHealing is the least time that a healed cluster is given before it counts as stuck: enough
// for several elections.
const minHealing = 5 * time.Second

// healing gives the healed cluster less time.
func (s *Shrinker) healing(ctx context.Context) {
	for _, limit := range []time.Duration{100 * time.Millisecond, time.Second, minHealing} {
		if s.Sign.Checker == liveness && limit < minHealing {
			continue
		}
		p := s.best.Plan
		if p.HealLimit = plan.Duration(limit); p.HealLimit < s.best.Plan.HealLimit && s.try(ctx, p) {
			return
		}
	}
}

// gaps shortens the times in which the plan does nothing, the last first.
func (s *Shrinker) gaps(ctx context.Context) {
	for i := len(s.moments()) - 1; i > 0; i-- {
		for _, rest := range []int64{20, 4, 2} { // keep a twentieth of the gap, a quarter, half
			at := s.moments()
			if i >= len(at) {
				break
			}
			gap := at[i] - at[i-1]
			if cut := gap - gap/time.Duration(rest); cut > 10*time.Millisecond &&
				s.try(ctx, earlier(s.best.Plan, at[i-1], cut)) {
				break
			}
		}
	}
}

// moments returns the times of the best plan's events.
func (s *Shrinker) moments() []time.Duration {
	at := []time.Duration{0}
	for _, c := range s.best.Plan.Calls {
		at = append(at, time.Duration(c.At))
	}
	for _, f := range s.best.Plan.Schedule {
		at = append(at, time.Duration(f.At), time.Duration(f.At+f.For))
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// earlier returns the plan with everything after a time moved up.
func earlier(p plan.Plan, after, by time.Duration) plan.Plan {
	moved := func(at plan.Duration) plan.Duration {
		if time.Duration(at) > after {
			at -= plan.Duration(by)
		}
		return at
	}
	p.Calls, p.Schedule = slices.Clone(p.Calls), slices.Clone(p.Schedule)
	for i := range p.Calls {
		p.Calls[i].At = moved(p.Calls[i].At)
	}
	for i := range p.Schedule {
		f := &p.Schedule[i]
		begin, end := moved(f.At), moved(f.At+f.For)
		if f.For > 0 {
			f.For = max(end-begin, plan.Duration(time.Millisecond))
		}
		f.At = begin
	}
	p.TimeLimit = moved(p.TimeLimit)
	return p
}

// shorten rounds times to milliseconds, and ends the plan with its last event.
func (s *Shrinker) shorten(ctx context.Context) {
	round := func(d plan.Duration) plan.Duration { return plan.Duration(time.Duration(d).Round(time.Millisecond)) }
	p := s.best.Plan
	p.Calls, p.Schedule = slices.Clone(p.Calls), slices.Clone(p.Schedule)
	changed := false
	for i := range p.Calls {
		changed = changed || round(p.Calls[i].At) != p.Calls[i].At
		p.Calls[i].At = round(p.Calls[i].At)
	}
	for i := range p.Schedule {
		f := &p.Schedule[i]
		changed = changed || round(f.At) != f.At || round(f.For) != f.For
		f.At, f.For = round(f.At), round(f.For)
	}
	if changed {
		s.try(ctx, p)
	}
	p = s.best.Plan
	if limit := plan.Duration((s.last() + 2*time.Millisecond).Truncate(time.Millisecond)); limit < p.TimeLimit {
		p.TimeLimit = limit
		s.try(ctx, p)
	}
}

// without returns the list without the calls to be left out.
func without(calls []plan.Call, out func(plan.Call) bool) []plan.Call {
	return slices.DeleteFunc(slices.Clone(calls), out)
}
