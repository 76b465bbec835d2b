package experiment

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/report"
	"github.com/splitvote/splitvote/store"
)

// Run gives the run as far as it came; the error says why it came no further.
func (e *Experiment) Run(ctx context.Context) (*report.Run, error) {
	var reaper *live.Reaper
	dir, err := store.Create(e.options.Store, e.Plan.Name, time.Now())
	if err != nil {
		return nil, failure.Internal(err)
	}
	if err := dir.Write(store.Plan, []byte(e.Plan.String())); err != nil {
		return nil, failure.Internal(err)
	}
	if e.backend.Name != "sim" && e.options.Reaper != nil { // sim leaves nothing but the directory
		if reaper, err = e.options.Reaper(dir.Path); err != nil {
			return nil, failure.Internal(err)
		}
		defer func() {
			if err := reaper.Close(); err != nil {
				fmt.Fprintf(e.options.Errs, "%v\n", err)
			}
		}()
	}
	if e.target.service != nil {
		if err := e.target.service.Copy(dir.File(store.Target)); err != nil {
			return nil, failure.Internal(fmt.Errorf("%s cannot be kept with the run: %w", e.Plan.Target, err))
		}
	}
	logFile, err := dir.Append(store.Log)
	if err != nil {
		return nil, failure.Internal(err)
	}
	defer logFile.Close()
	tell := e.options.Progress(time.Duration(e.Plan.TimeLimit))
	say := io.MultiWriter(tell, logFile)
	chosen := "backend " + e.backend.Name
	if e.why != "" {
		chosen += " (auto: " + e.why + ")"
	}
	fmt.Fprintf(
		say,
		"%s on %s, %d nodes, %s, seed %d, in %s\n",
		e.Plan.Workload,
		e.target.Name(),
		e.Plan.Nodes,
		chosen,
		e.Plan.Seed,
		dir.Path,
	)

	run := e.describe(dir)
	run.Started = time.Now()
	var ends ends
	problem := e.drive(ctx, dir, run, tell, say, &ends, reaper)
	tell.Done()
	if problem != nil {
		run.Problem = failure.OneLine(problem)
	}
	if run.History == nil {
		return nil, errors.Join(problem, dir.Save(run)) // nothing happened; the directory says why
	}
	fmt.Fprintf(logFile, "judging %d events\n", len(run.History.Ops))
	// A run that the user has stopped is judged all the same: the judgement has its own limit.
	if err := e.judge(context.WithoutCancel(ctx), run, dir, ends); err != nil {
		return nil, err
	}
	if err := dir.Save(run); err != nil {
		return run, failure.Internal(err)
	}
	return run, problem
}

// describe is what is known of a run before it begins.
func (e *Experiment) describe(dir *store.Dir) *report.Run {
	p, x := e.Plan, e.harness
	level := x.Level()
	place := dir.Path // not the store's latest, which may be another run when somebody reads this
	run := &report.Run{
		Name: p.Name, Target: e.target.Name(), Backend: e.backend.Name, BackendWhy: e.why,
		Workload: p.Workload, Seed: p.Seed, Bug: p.Bug, Control: p.Control,
		Faults: p.Faults, Nodes: e.target.nodes(p.Nodes), Version: build.Version(),
		Replay: "splitvote replay " + place, Report: filepath.Join(place, store.Report),
		Check: "splitvote check " + filepath.Join(place, store.History),
		Settings: []report.Setting{
			{Name: "time-limit", Value: p.TimeLimit.String()},
			{Name: "rate", Value: strconv.FormatFloat(p.Rate, 'g', -1, 64)},
			{Name: "concurrency", Value: string(p.Concurrency)},
			{Name: "timeout", Value: p.Timeout.String()},
			{
				Name:  "fault-interval",
				Value: p.FaultInterval.String(),
			},
			{Name: "heal-limit", Value: p.HealLimit.String()},
			{Name: "consistency", Value: level},
		},
	}
	if level == levels.Of(x.Workload.Model)[0] && p.Control == "" {
		run.Notices = controls.Notices(p.Workload)
	}
	if level != levels.Of(x.Workload.Model)[0] {
		run.Check += " --consistency " + level
		run.Notes = append(run.Notes, levels.JudgedAs(level, x.Workload.Model))
	}
	if e.backend.Name == "sim" {
		run.Shrink = "splitvote shrink " + place
	}
	for _, name := range slices.Sorted(maps.Keys(p.Set)) {
		run.Settings = append(run.Settings, report.Setting{Name: name, Value: p.Set[name]})
	}
	run.Settings = append(run.Settings, report.Setting{Name: "directory", Value: dir.Path})
	return run
}

// drive opens the cluster, runs the plan on it and closes it, and puts what happened into run.
func (e *Experiment) drive(
	ctx context.Context, dir *store.Dir, run *report.Run, tell Progress, say io.Writer, ends *ends,
	reaper *live.Reaper,
) (err error) {
	x := e.harness
	statusFile, err := dir.Append(store.Status)
	if err != nil {
		return failure.Internal(err)
	}
	defer statusFile.Close()
	var statusErr error
	cfg := x.Config(e.target.Target, e.target.nodes(e.Plan.Nodes))
	cfg.Dir, cfg.Log, cfg.Run = dir.Path, say, runName()
	cfg.OnStatus = func(at time.Duration, node history.NodeID, s cluster.Status) {
		tell.Status(at, node, s)
		line := report.StatusAt{
			Time:    at,
			Node:    node,
			Up:      s.Up,
			Role:    s.Role,
			Leader:  s.Leader,
			Term:    s.Term,
			Commit:  s.Commit,
			Applied: s.Applied,
		}
		run.Statuses = append(run.Statuses, line)
		if err := store.AppendStatus(statusFile, line); err != nil {
			statusErr = err
		}
	}
	if !e.target.tellsRole() {
		cfg.OnStatus = nil // nothing would be told, and asking may cost a program each time
	}
	if reaper != nil {
		cfg.Reaper = reaper
		if err := reaper.Note(cluster.ReapClient, cfg.Run); err != nil {
			return failure.Internal(err)
		}
	}
	ctx, breakOff := context.WithCancelCause(ctx)
	defer breakOff(nil)
	cfg.OnExit = func(exit cluster.Exit) {
		ends.exits = append(ends.exits, exit)
		if err := exit.Err(); err != nil {
			ends.broken = true
			breakOff(err)
		} else if e.Plan.FailFast {
			breakOff(harness.ErrSeen)
		}
	}
	defer e.target.close()
	var said exchanges
	c, err := e.open(ctx, cfg, &said)
	if err != nil {
		return openFailure(e.backend, err, say)
	}
	historyFile, err := dir.Append(store.History)
	if err != nil {
		return errors.Join(failure.Internal(err), c.Close())
	}
	defer historyFile.Close()
	recorder := history.NewRecorder(historyFile)
	times, ranErr := x.Run(ctx, c, recorder, tell.Event)
	run.Wall, ends.lies, run.Lies = times.Wall, times.Lies, controls.CallsOf(times.Lies)
	if e.backend.Name == "sim" {
		run.Virtual = c.Now()
	}
	closeErr := c.Close() // after it nobody writes to run.Statuses, nor to ends
	run.Exchanges = said.list
	run.Nodes = c.Nodes()
	if run.History, err = recorder.History(); err != nil {
		return failure.Internal(fmt.Errorf("the recorded history cannot be read: %w", err))
	}
	run.Result = checker.Result{}
	if broken, ok := harness.BrokenInvariants(c); ok {
		run.Result.Parts = append(run.Result.Parts, broken)
	}
	if core, ok := harness.CorePanic(ranErr); ok {
		run.Result.Parts = append(run.Result.Parts, core)
		run.Notes = append(run.Notes, "the stack of the panic is in "+keepStack(dir, ranErr))
		ranErr = nil
	}
	stopped := errors.Is(ranErr, context.Canceled)
	ends.within(dir.Path)
	switch {
	case stopped:
		ends.stopped()
		return failure.Internal(errors.New("stopped before the end"), "what was recorded is in "+dir.Path)
	case ends.broken:
		return failure.Internal(context.Cause(ctx))
	case errors.As(ranErr, new(*cluster.PanicError)):
		return failure.Internal(fmt.Errorf("%v: the stack is in %s", ranErr, keepStack(dir, ranErr)),
			"this is a defect of splitvote, and says nothing about "+e.target.Name()+": please report it")
	case ranErr != nil:
		return failure.Internal(ranErr)
	case closeErr != nil:
		return failure.Internal(fmt.Errorf("tear-down: %w", closeErr), "splitvote clean removes what is left")
	case statusErr != nil:
		return failure.Internal(statusErr)
	}
	return nil
}

// keepStack writes the stack of a panic into the run's directory, and says where.
func keepStack(dir *store.Dir, err error) string {
	var p *cluster.PanicError
	if !errors.As(err, &p) {
		return ""
	}
	if err := dir.Write(store.Panic, fmt.Appendf(nil, "%v\n\n%s", p, p.Stack)); err != nil {
		return err.Error()
	}
	return dir.File(store.Panic)
}

func (e *Experiment) open(ctx context.Context, cfg cluster.Config, said *exchanges) (cluster.Cluster, error) {
	switch calls := len(e.Plan.Calls); {
	case e.options.Attach != "":
		return docker.Attach(
			ctx,
			cfg,
			e.options.Attach,
			docker.Options{ClientPort: e.target.port(), Executable: e.options.Executable},
		)
	case e.backend.Name == "sim" && calls > 0 && calls <= tracedCalls:
		return sim.Open(cfg, sim.Options{Trace: said.hear})
	}
	return e.backend.open(ctx, cfg, e.options.Executable)
}

// judge adds the checkers' results to run, and Porcupine's drawing of what is wrong.
func (e *Experiment) judge(ctx context.Context, run *report.Run, dir *store.Dir, ends ends) error {
	x := e.harness
	ctx, cancel := context.WithTimeout(ctx, time.Duration(e.Plan.CheckerTimeout))
	defer cancel()
	all, err := x.Checker()
	if err != nil {
		return failure.Internal(err)
	}
	judged := checker.Safe(ctx, all, run.History)
	parts := x.WithLies(harness.WithExits(judged.Parts, ends.exits), ends.lies)
	if ends.broken {
		parts = harness.WithoutLiveness(parts)
	}
	run.Result = checker.Merge(append(parts, run.Result.Parts...))
	run.Notes = append(run.Notes, harness.Remarks(run.History)...)
	if slow := x.Unhurried(run.History); slow != "" {
		run.Notes = append(run.Notes, slow)
	}
	run.Result.Checker, run.Result.Took = judged.Checker, judged.Took
	if x.Workload.Model != "" && len(judged.Parts) > 0 && judged.Parts[0].Verdict == checker.Invalid {
		run.Shrink = "splitvote shrink " + dir.Path // what calls show can be shrunk wherever they were made
	}
	if link, ok := draw(ctx, run, x.Workload.Model, dir); ok {
		run.Links = append(run.Links, link)
	}
	return nil
}

// draw lets Porcupine draw the key of the first violation. A drawing that fails changes nothing.
func draw(ctx context.Context, run *report.Run, model string, dir *store.Dir) (report.Link, bool) {
	const most = 2000 // calls: Porcupine needs memory in the square of them
	for _, v := range run.Result.Evidence {
		if len(v.Ops) < 2 {
			continue
		}
		key := v.Key
		part := run.History.Filter(
			func(op *history.Op) bool { return op.Process != history.Nemesis && op.Key == key },
		)
		if len(part.Calls()) > most {
			witness := map[int]bool{}
			for _, at := range v.Ops {
				witness[at] = true
			}
			part = part.Filter(func(op *history.Op) bool { return witness[op.Index] })
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		name := "porcupine.html"
		f, err := os.Create(dir.File(name))
		if err != nil {
			return report.Link{}, false
		}
		if err := errors.Join(linear.Visualize(ctx, f, model, part), f.Close()); err != nil {
			os.Remove(f.Name())
			return report.Link{}, false
		}
		return report.Link{Name: "key " + key + " as Porcupine draws it", Path: name}, true
	}
	return report.Link{}, false
}

// runName is unlike any other run's: labels and container names are made of it.
func runName() string { return strings.ToLower(rand.Text()[:12]) }
