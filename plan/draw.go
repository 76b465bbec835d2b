package plan

import (
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Space lists the values from which plans are drawn, for each part of a plan. All entries are
// equally likely, so a value that is listed twice is twice as likely. An empty list leaves the part
// as it is.
type Space struct {
	Workloads      []string
	Nodes          []int
	Faults         []Fault
	FaultIntervals []Duration // those above half of the drawn time limit are left out
	TimeLimits     []Duration
	Rates          []float64
	Concurrencies  []Concurrency
	Settings       []Choice
	// Apart lists pairs that exclude each other; each member is the name of a fault or a
	// setting as name=value. If both are drawn, the second is dropped.
	Apart [][2]string
	// Attacks lists pairs of a setting, as name=value, and a fault that attacks it. A plan
	// with the setting but without the fault gets the fault with probability one half. Plans
	// without any fault stay without.
	Attacks [][2]string
}

// Fault is a fault with the minimal number of nodes that it needs.
type Fault struct {
	Name  string
	Nodes int
}

// Choice is a setting with the values to draw from; "" leaves the setting out.
type Choice struct {
	Name   string
	Values []string
}

// Draw makes the plan of a seed by swarm testing (Groce et al., "Swarm Testing", ISSTA 2012): not
// every run has every feature, because a feature that is always present hides bugs that need its
// absence. Draw first draws how likely faults are in this plan, from none to all, and then which
// faults it has (L3, L4). Faults that attack a setting of the plan come more often. Seeds that
// differ only in their luck have the same plan (L5).
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

// luckAt is the bit at which a seed's luck begins: the bits below it draw the plan.
const luckAt = 32

// Again returns a seed of the same plan with other luck. Luck changes what the run itself draws:
// when faults come, what clients call, how long a message takes. Seeds below 2³² have luck 0.
func Again(seed, luck uint64) uint64 { return seed&(1<<luckAt-1) | luck<<luckAt }

// quarters lists how likely each fault is in a plan, in quarters; repeated entries are more likely.
var quarters = []int{0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4}

// drawFaults draws how likely each fault is, in quarters, and then draws every fault for which the
// plan has enough nodes.
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

// attack adds the faults that attack the plan's settings, each with probability one half.
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

// fitting returns the intervals of at most half the limit, or the least interval if there is none.
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

// part drops one member of each excluded pair: the second, or the first if base pins the second. A
// dropped setting gets its value in base. A pair that base pins stays, because the user asked for
// it.
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

// pick draws one of the values from the part's own stream.
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
