// Package splitvote tells whether a replicated service lies to its clients. It starts a cluster,
// lets concurrent clients call it while a nemesis breaks things, records every call, and decides
// whether one correct copy of the data explains what the clients saw.
//
// [Run] does all of that for a bundled protocol, or for a service that a YAML file describes.
// [Check] judges a history that was recorded elsewhere. Package splitvotetest runs members in the
// process of a Go test.
package splitvote

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/judge"
	"github.com/splitvote/splitvote/plan"
)

// Verdict is the answer on a history: [Valid], [Unknown] or [Invalid].
type Verdict = checker.Verdict

// The verdicts.
const (
	Valid   = checker.Valid
	Unknown = checker.Unknown // too little happened, or too little time or memory to decide
	Invalid = checker.Invalid
)

// Error says why there is no report: what is wrong with a [Config], or with the experiment itself.
type Error = failure.Error

// Config is what to test and how. The zero value is a run of Raft in the simulator.
type Config struct {
	Target   string        // a bundled protocol, or the YAML file of a service; default raft
	Backend  string        // sim, local, docker or auto; default sim, and auto for a service
	Workload string        // what the clients do; default register, or what the service can serve
	Faults   []string      // what breaks: partition, kill, pause, ...; default nothing
	Nodes    int           // default 5
	Time     time.Duration // of the main phase, before healing; default 30 s
	Rate     float64       // calls a second of all clients together; default 100
	Seed     uint64        // decides whatever is drawn; default drawn

	Bug         string            // planted bug of a bundled protocol
	Consistency string            // the level to judge by; default what the target promises
	Set         map[string]string // settings of the target and of the workload
	Plan        func(*plan.Plan)  // changes what else a plan has; nil: nothing

	Dir        string    // directory of the runs; default runs
	Executable string    // splitvote command, for bundled protocols on local and docker
	Log        io.Writer // hears how the run goes on, in lines of text; nil: nobody does
}

// Run carries out one run and judges it. It returns an error where nothing could be judged, and
// both a report and an error where the run broke off.
func Run(ctx context.Context, c Config) (*Report, error) {
	o := experiment.Options{Store: c.Dir, AnyWorkload: c.Workload == "", Executable: c.Executable, Errs: c.Log}
	if o.Store == "" {
		o.Store = "runs"
	}
	if c.Log != nil {
		o.Progress = func(time.Duration) experiment.Progress { return lines{c.Log} }
	}
	x, err := experiment.Resolve(ctx, c.plan(), o)
	if err != nil {
		return nil, err
	}
	run, err := x.Run(ctx)
	if run == nil {
		return nil, err
	}
	return reportOf(run), err
}

// plan is the plan that the configuration means.
func (c Config) plan() plan.Plan {
	p := plan.Default()
	set(&p.Target, c.Target)
	if p.Backend = "sim"; experiment.IsFile(p.Target) {
		p.Backend = "auto"
	}
	set(&p.Backend, c.Backend)
	set(&p.Workload, c.Workload)
	set(&p.Nodes, c.Nodes)
	set(&p.TimeLimit, plan.Duration(c.Time))
	set(&p.Rate, c.Rate)
	p.Faults = append(p.Faults, c.Faults...)
	p.Seed, p.Bug, p.Consistency = c.Seed, c.Bug, c.Consistency
	for name, value := range c.Set {
		p.Set[name] = value
	}
	if c.Plan != nil {
		c.Plan(&p)
	}
	return p
}

// set sets what was given.
func set[T comparable](to *T, given T) {
	var none T
	if given != none {
		*to = given
	}
}

// lines is a progress that tells only what is said in lines.
type lines struct{ io.Writer }

func (lines) Event(*history.Op)                                    {}
func (lines) Status(time.Duration, history.NodeID, cluster.Status) {}
func (lines) Done()                                                {}

// Judgement is how a history is judged. The zero value leaves the model to what the calls tell,
// asks for the strongest level, and gives up after a minute.
type Judgement struct {
	Model       string // register, list-append, ...: splitvote list models names them
	Consistency string
	Initial     history.Initial // what the objects hold before any call
	Timeout     time.Duration
	Memory      int64 // bytes that the search may hold; default 4 GiB
}

// Check judges a recorded history. history.Read reads one, history.Recorder records one.
func Check(ctx context.Context, h *history.History, j Judgement) (*Report, error) {
	o := judge.Options{
		Model: j.Model, Consistency: j.Consistency, Engine: "auto", Initial: judge.Initial{Initial: j.Initial},
		Timeout: time.Minute, Settle: -1, Memory: 4 << 30,
	}
	set(&o.Timeout, j.Timeout)
	set(&o.Memory, plan.Bytes(j.Memory))
	if h == nil {
		return nil, failure.Usage(errors.New("no history"))
	}
	judged, err := o.History(ctx, "history", h)
	if err != nil {
		return nil, err
	}
	defer judged.Close()
	if err := judged.Grade(ctx); err != nil {
		return nil, err
	}
	r := reportOf(judged.Run)
	r.Check = "" // there is no file
	return r, nil
}
