package nemesis

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

// Spec says which faults a run suffers and how often.
type Spec struct {
	Faults []string // names of kinds, each once
	// Interval is the approximate time from one fault of a kind to the next; 0 is DefaultInterval.
	// A quiet time of 0.2 to 1 Interval alternates with a fault that lasts, at even odds, 0.1 to
	// 0.4 or 0.6 to 1.2 of it; some kinds have their own length.
	Interval time.Duration
	Seed     uint64
}

// DefaultInterval yields faults of 0.5 to 2 s, which a leader outlasts or is just deposed by, and
// of 3 to 6 s, which outlast several elections of a quarter to half a second.
const DefaultInterval = 5 * time.Second

// Schedule is the endless generator of the faults of s: each kind begins and ends in turn, and
// different kinds overlap. The value of an operation is the drawn history.Fault that it begins or
// ends. The faults, and their order within each kind, depend on s and the nodes only (F1); draws
// of the clients' generators do not disturb it.
func Schedule(s Spec) generator.Generator {
	if s.Interval == 0 {
		s.Interval = DefaultInterval
	}
	return generator.Faults(generator.Lazy(func(ctx generator.Context) generator.Generator {
		var plan schedule
		for _, name := range s.Faults {
			kind, ok := Named(name)
			if !ok || len(kind.fitting(len(ctx.Nodes))) == 0 {
				continue // Missing has reported it before the run
			}
			h := fnv.New64a()
			h.Write([]byte(name))
			t := track{kind: &kind, interval: s.Interval, draws: *rand.NewPCG(s.Seed, h.Sum64())}
			t.due = ctx.Time + t.quiet()
			plan.tracks = append(plan.tracks, t)
		}
		return &plan
	}))
}

// schedule holds the tracks of all kinds, and how many faults have begun.
type schedule struct {
	tracks []track
	begun  int
}

// track alternates the faults of one kind. It is a value: its stream of random numbers is copied
// with it.
type track struct {
	kind     *Kind
	interval time.Duration
	draws    rand.PCG
	due      time.Duration // when its fault begins or ends
	fault    history.Fault // in force, if ID is not 0
}

func (s *schedule) Next(ctx generator.Context) (history.Op, generator.State, generator.Generator) {
	if len(s.tracks) == 0 {
		return history.Op{}, generator.Done, s
	}
	if len(ctx.Free) == 0 {
		return history.Op{}, generator.Pending, s
	}
	first := 0
	for i := range s.tracks {
		if s.tracks[i].due < s.tracks[first].due {
			first = i
		}
	}
	if due := s.tracks[first].due; due > ctx.Time {
		return history.Op{Time: due}, generator.Pending, s
	}
	next := &schedule{append([]track(nil), s.tracks...), s.begun}
	t := &next.tracks[first]
	op := history.Op{Time: ctx.Time, Process: ctx.Free[0]}
	if t.fault.ID == 0 {
		next.begun++
		t.fault = t.draw(next.begun, ctx.Nodes)
		t.due = ctx.Time + t.length()
		op.F, op.Value = t.kind.Start, value(t.fault)
	} else {
		op.F, op.Value = t.kind.Stop, value(history.Fault{ID: t.fault.ID, Fault: t.kind.Name, Phase: history.Stop})
		t.fault = history.Fault{}
		t.due = ctx.Time + t.quiet()
	}
	return op, generator.Ready, next
}

func (s *schedule) Update(generator.Context, history.Op) generator.Generator { return s }

func (t *track) quiet() time.Duration {
	return between(rand.New(&t.draws), t.interval/5, t.interval)
}

func (t *track) length() time.Duration {
	r := rand.New(&t.draws)
	if t.kind.most > 0 {
		return between(r, t.kind.least, t.kind.most)
	}
	if r.IntN(2) == 0 {
		return between(r, t.interval/10, t.interval*4/10)
	}
	return between(r, t.interval*6/10, t.interval*12/10)
}

// draw makes the next fault: its shape, its nodes, and its settings.
func (t *track) draw(id int, nodes []history.NodeID) history.Fault {
	r := rand.New(&t.draws)
	shapes := t.kind.fitting(len(nodes))
	total := 0
	for _, s := range shapes {
		total += s.Weight
	}
	at := r.IntN(total)
	shape := shapes[0]
	for _, shape = range shapes {
		if at -= shape.Weight; at < 0 {
			break
		}
	}
	f := history.Fault{ID: id, Fault: t.kind.Name, Phase: history.Start, Shape: shape.Name}
	order := r.Perm(len(nodes))
	for _, i := range order[:shape.count(r, len(nodes))] {
		f.Nodes = append(f.Nodes, nodes[i])
	}
	if shape.set != nil {
		f.Set = shape.set(r)
	}
	return f
}

// fitting returns the shapes that fit a cluster of n nodes.
func (k *Kind) fitting(nodes int) []Shape {
	var fit []Shape
	for _, s := range k.Shapes {
		if s.Least <= nodes {
			fit = append(fit, s)
		}
	}
	return fit
}

func value(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		// faults consist of strings, numbers and settings that we wrote
		panic("nemesis: a fault cannot be written as JSON: " + err.Error())
	}
	return data
}

// Heal is the operation that ends every fault.
func Heal() history.Op {
	return history.Op{Process: history.Nemesis, F: history.HealAll, Value: json.RawMessage("null")}
}
