package splitvotetest

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/cluster/inprocess"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// Plan says what happens. The zero value of a field stands for its default.
type Plan struct {
	// Workload is what the clients do: register, read-write, append, set ... as splitvote list
	// workloads names them. The default is the first whose calls the client knows.
	Workload string
	// Faults is what breaks, as in "partition,kill,pause,links,hold", or "none". The default is all
	// of these that the cluster can suffer except kill, which takes members that keep their data in
	// Member.Dir.
	Faults string
	// FaultInterval is about the time between two faults of a kind; default a fifth of Time, and
	// 5 s at most.
	FaultInterval time.Duration
	Time          time.Duration // before healing; default 10 s, or a minute of virtual time
	Rate          float64       // calls a second of all clients together; default 100
	Clients       int           // default two a member
	Timeout       time.Duration // of a call, attempts at other members included; default 1 s
	// HealLimit is how long the cluster may take to answer after the last fault; default 20 s.
	HealLimit time.Duration
	// Settle is how long the members are left alone after the last fault before they are read a
	// last time: for stores that only promise to converge.
	Settle time.Duration
	// Consistency is what the answers are judged by: linearizable, sequential, causal ... as
	// splitvote run --consistency has it. The default is the strictest.
	Consistency string
	Seed        uint64 // the first seed; default 1
	Seeds       int    // how many; default 1, and with -short always 1
	Virtual     bool   // each seed takes virtual time, in a testing/synctest bubble
	FailFast    bool   // judge during the run, and stop at the first violation
}

// shortest is how long a run in real time lasts with -short.
const shortest = 5 * time.Second

// resolve makes an experiment of a plan for one seed. The workload may be "", to be chosen later.
func (p Plan) resolve(
	name string, nodes int, virtual, short bool, powers any, lacks []string,
) (harness.Experiment, error) {
	x := harness.Experiment{Settle: p.Settle}
	q := plan.Default()
	q.Target, q.Nodes, q.Backend, q.Workload = name, nodes, "inprocess", p.Workload
	q.Consistency, q.FailFast = p.Consistency, p.FailFast
	q.Rate = cmp.Or(p.Rate, q.Rate)
	if p.Clients != 0 {
		q.Concurrency = plan.Concurrency(strconv.Itoa(p.Clients))
	}
	length := 10 * time.Second
	if virtual {
		length = time.Minute
	}
	length = cmp.Or(p.Time, length)
	if short && !virtual {
		length = min(length, shortest)
	}
	q.TimeLimit = plan.Duration(length)
	q.FaultInterval = plan.Duration(cmp.Or(p.FaultInterval, min(length/5, nemesis.DefaultInterval)))
	q.Timeout = plan.Duration(cmp.Or(p.Timeout, time.Duration(q.Timeout)))
	q.HealLimit = plan.Duration(cmp.Or(p.HealLimit, time.Duration(q.HealLimit)))
	q.Faults, x.Drawn = p.faults(nodes, powers, lacks)

	known := plan.Known{Targets: []string{name}, Backends: []string{q.Backend}, Faults: nemesis.Names()}
	for _, w := range workloads.All() {
		known.Workloads = append(known.Workloads, w.Name)
	}
	check := q
	check.Workload = cmp.Or(q.Workload, known.Workloads[0])
	if err := check.Validate(known); err != nil {
		return x, err
	}
	if err := nemesis.Missing(q.Faults, powers, lacks...); err != nil {
		return x, fmt.Errorf("faults: this cluster %w", err)
	}
	if err := (nemesis.Spec{Faults: q.Faults, Interval: time.Duration(q.FaultInterval)}).Check(nodes); err != nil {
		return x, fmt.Errorf("faults: %w", err)
	}
	if p.Settle < 0 {
		return x, fmt.Errorf("settle: %v is below 0s", p.Settle)
	}
	x.Plan = q
	if q.Workload == "" {
		return x, nil
	}
	return choose(x, q.Workload)
}

// choose gives an experiment its workload.
func choose(x harness.Experiment, workload string) (harness.Experiment, error) {
	x.Workload, _ = workloads.Named(workload)
	x.Plan.Workload = workload
	if err := levels.Check(x.Workload.Model, x.Plan.Consistency); err != nil {
		return x, fmt.Errorf("consistency: %w", err)
	}
	if x.Plan.FailFast {
		return x, x.CanWatch()
	}
	return x, nil
}

// faults are those of the plan, or the default ones: nobody has asked for these.
func (p Plan) faults(nodes int, powers any, lacks []string) (names []string, drawn bool) {
	switch strings.TrimSpace(p.Faults) {
	case "none":
		return []string{}, false
	case "":
	default:
		for name := range strings.SplitSeq(p.Faults, ",") {
			names = append(names, strings.TrimSpace(name))
		}
		return names, false
	}
	for _, name := range []string{"partition", "pause", "links", "hold"} {
		kind, _ := nemesis.Named(name)
		if kind.Least() <= nodes && nemesis.Missing([]string{name}, powers, lacks...) == nil {
			names = append(names, name)
		}
	}
	return names, true
}

// suit checks that the client lacks no call of the workload, or chooses the first workload of which
// it lacks none.
func suit(x harness.Experiment, lacks func(workloads.Workload) []string) (harness.Experiment, error) {
	var can []string
	for _, w := range workloads.All() {
		if len(lacks(w)) == 0 {
			can = append(can, w.Name)
		}
	}
	if x.Plan.Workload == "" {
		if len(can) == 0 {
			return x, errors.New("workload: the client knows the calls of none")
		}
		return choose(x, can[0])
	}
	if missing := lacks(x.Workload); len(missing) > 0 {
		return x, fmt.Errorf("workload: %s makes calls that the client does not know: %s (it knows those of %s)",
			x.Plan.Workload, strings.Join(missing, ", "), cmp.Or(strings.Join(can, ", "), "no workload"))
	}
	return x, nil
}

// powers is a nil cluster of this process, by which a plan is refused before the run.
var powers any = (*inprocess.Cluster)(nil)
