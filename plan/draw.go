package plan

import (
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Space is what plans may be drawn from: for each part of a plan the values that it may take, all as likely; one that is
// listed twice is so twice. An empty list leaves the part as it is.
type Space struct {
	Workloads      []string
	Nodes          []int
	Faults         []Fault
	FaultIntervals []Duration // those above half of the time limit drawn are left out
	TimeLimits     []Duration
	Rates          []float64
	Concurrencies  []Concurrency
	Settings       []Choice
	// Apart are pairs that do not go together, each the name of a fault or, as name=value, a setting: where both are drawn
	// the second gives way.
	Apart [][2]string
	// Attacks are pairs of a setting, as name=value, and a fault that tries it: a plan with the setting has the fault with
	// an even chance more. Plans without any fault stay without.
	Attacks [][2]string
}

// Fault is a fault with the least number of nodes that it takes.
type Fault struct {
	Name  string
	Nodes int
}

// Choice is a setting with the values that it may be drawn to have; "" leaves it out.
type Choice struct {
	Name   string
	Values []string
}

// Draw makes the plan of a seed by swarm testing (Groce and others, "Swarm Testing", ISSTA 2012): not every run has
// everything, for what is always there hides what shows only in its absence. How many of the faults a plan has is drawn
// first, from none to all, then which (L3, L4); what attacks a setting of the plan comes more often. Seeds that differ in
// their luck only have the same plan (L5).
func Draw(seed uint64, base Plan, space Space) Plan {
	p := base
	p.Seed = seed
	seed &= 1<<luckAt - 1
	p.Set = maps.Clone(base.Set)
	if p.Set == nil {
		p.Set = map[string]string{}
	}
	pick(seed, "workload", space.Workloads, &p.Workload)
	pick(seed, "nodes", space.Nodes, &p.Nodes)
	pick(seed, "time-limit", space.TimeLimits, &p.TimeLimit)
	pick(seed, "fault-interval", fitting(space.FaultIntervals, p.TimeLimit), &p.FaultInterval)
	pick(seed, "rate", space.Rates, &p.Rate)
	pick(seed, "concurrency", space.Concurrencies, &p.Concurrency)
	for _, s := range space.Settings {
		value := ""
		if pick(seed, "set "+s.Name, s.Values, &value); value != "" {
			p.Set[s.Name] = value
		}
	}
	p.Faults = drawFaults(seed, p, space)
	p.attack(seed, space)
	p.part(space.Apart, base)
	return p
}

// luckAt is where in a seed its luck begins: the bits below it draw the plan.
const luckAt = 32

// Again is a seed of the same plan under other luck: what the run itself draws (when faults come, what clients call, how long
// a message takes) comes out otherwise. Luck 0 is that of small seeds.
func Again(seed, luck uint64) uint64 { return seed&(1<<luckAt-1) | luck<<luckAt }

// quarters are how likely a fault may be to be in a plan; as often as they are listed.
var quarters = []int{0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4}

// drawFaults draws how likely a fault is, in quarters, and then each one that the plan's nodes can take.
func drawFaults(seed uint64, p Plan, space Space) []string {
	if len(space.Faults) == 0 {
		return slices.Clone(p.Faults)
	}
	faults := []string{}
	likely := quarters[stream(seed, "faults").IntN(len(quarters))]
	for _, f := range space.Faults {
		if stream(seed, "fault "+f.Name).IntN(4) < likely && f.Nodes <= p.Nodes {
			faults = append(faults, f.Name)
		}
	}
	return faults
}

// attack adds the faults that try what the plan has set, each with an even chance.
func (p *Plan) attack(seed uint64, space Space) {
	if len(p.Faults) == 0 || len(space.Faults) == 0 {
		return
	}
	for _, pair := range space.Attacks {
		if !p.has(pair[0]) || p.has(pair[1]) || stream(seed, "attack "+pair[0]+" "+pair[1]).IntN(2) == 0 {
			continue
		}
		for _, f := range space.Faults {
			if f.Name == pair[1] && f.Nodes <= p.Nodes {
				p.Faults = append(p.Faults, f.Name)
			}
		}
	}
	at := func(name string) int {
		return slices.IndexFunc(space.Faults, func(f Fault) bool { return f.Name == name })
	}
	slices.SortFunc(p.Faults, func(a, b string) int { return at(a) - at(b) })
}

// fitting are the intervals that leave room for a fault of each kind, the least if none does.
func fitting(intervals []Duration, limit Duration) []Duration {
	var fit []Duration
	for _, i := range intervals {
		if i <= limit/2 {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 && len(intervals) > 0 {
		fit = append(fit, slices.Min(intervals))
	}
	return fit
}

// part takes out of p what does not go together: the second of a pair, or the first where the second was pinned. A setting
// that gives way is what it was in base. A pair that is pinned stays: somebody asks for it.
func (p *Plan) part(apart [][2]string, base Plan) {
	for _, pair := range apart {
		if !p.has(pair[0]) || !p.has(pair[1]) {
			continue
		}
		if !base.has(pair[1]) {
			p.giveWay(pair[1], base)
		} else if !base.has(pair[0]) {
			p.giveWay(pair[0], base)
		}
	}
}

func (p *Plan) giveWay(what string, base Plan) {
	name, _, setting := strings.Cut(what, "=")
	if !setting {
		p.Faults = slices.DeleteFunc(p.Faults, func(f string) bool { return f == name })
		return
	}
	delete(p.Set, name)
	if value, was := base.Set[name]; was {
		p.Set[name] = value
	}
}

func (p *Plan) has(what string) bool {
	if name, value, setting := strings.Cut(what, "="); setting {
		return p.Set[name] == value
	}
	return slices.Contains(p.Faults, what)
}

// pick draws one of the values, with the part's own stream.
func pick[T any](seed uint64, part string, values []T, to *T) {
	if len(values) > 0 {
		*to = values[stream(seed, part).IntN(len(values))]
	}
}

func stream(seed uint64, part string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
