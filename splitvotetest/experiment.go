package splitvotetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/report"
	"github.com/splitvote/splitvote/store"
)

// experiment is one seed, from the empty directory to the report.
type experiment struct {
	x       harness.Experiment
	name    string
	backend string
	virtual bool
	nodes   []history.NodeID
	target  cluster.Target // nil for members in this process
	open    func(context.Context, *experiment, cluster.Config) (cluster.Cluster, error)
	dir     *store.Dir
	kept    bool // the directory outlasts the test
	repeat  string
	started time.Time

	events atomic.Int64    // that were recorded
	lies   []controls.Told // that the harness told

	mu    sync.Mutex
	exits []cluster.Exit

	run report.Run
}

func newExperiment(t *testing.T, x harness.Experiment, name string, seed uint64, virtual bool) *experiment {
	t.Helper()
	x.Plan.Seed = seed
	return &experiment{
		x: x, name: name, backend: "inprocess", virtual: virtual, nodes: nodeNames(x.Plan.Nodes),
		dir: &store.Dir{Path: t.ArtifactDir()}, kept: artifacts(), repeat: command(t), started: time.Now(),
	}
}

// drive opens the cluster, runs the plan on it and closes it, and keeps what happened.
func (e *experiment) drive(ctx context.Context) error {
	log, err := e.dir.Append(store.Log)
	if err != nil {
		return err
	}
	defer log.Close()
	cfg := e.x.Config(e.target, e.nodes)
	cfg.Dir, cfg.Log, cfg.Run = e.dir.Path, log, strings.ToLower(rand.Text()[:12])
	cfg.OnStatus = func(at time.Duration, node history.NodeID, s cluster.Status) {
		e.run.Statuses = append(e.run.Statuses, report.StatusAt{
			Time: at, Node: node, Up: s.Up, Role: s.Role,
			Leader: s.Leader, Term: s.Term, Commit: s.Commit, Applied: s.Applied,
		})
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cfg.OnExit = func(exit cluster.Exit) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.exits = append(e.exits, exit)
		if err := exit.Err(); err != nil {
			stop(err)
		}
	}
	c, err := e.open(ctx, e, cfg)
	if err != nil {
		return fmt.Errorf("the cluster: %w", err)
	}
	if err := e.dir.Write(store.Plan, []byte(e.x.Plan.String())); err != nil {
		return errors.Join(err, c.Close())
	}
	events, err := e.dir.Append(store.History)
	if err != nil {
		return errors.Join(err, c.Close())
	}
	defer events.Close()
	recorder := history.NewRecorder(events)
	times, ranErr := e.x.Run(ctx, c, recorder, func(*history.Op) { e.events.Add(1) })
	e.run.Wall, e.lies, e.run.Lies = times.Wall, times.Lies, controls.CallsOf(times.Lies)
	if e.virtual {
		e.run.Virtual = c.Now()
	}
	closeErr := c.Close() // after it nobody writes to the run, nor tells of exits
	if e.run.History, err = recorder.History(); err != nil {
		return fmt.Errorf("the recorded history cannot be read: %w", err)
	}
	var panicked *cluster.PanicError
	switch {
	case errors.As(ranErr, &panicked):
		return fmt.Errorf("%w\n%s", panicked, panicked.Stack)
	case ranErr != nil:
		return ranErr
	case closeErr != nil:
		return fmt.Errorf("the cluster: %w", closeErr)
	}
	return nil
}

// judge adds the checkers' results to the run.
func (e *experiment) judge() error {
	x, run := e.x, &e.run
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(x.Plan.CheckerTimeout))
	defer cancel()
	all, err := x.Checker()
	if err != nil {
		return err
	}
	judged := checker.Safe(ctx, all, run.History)
	parts := judged.Parts
	if judged.Cause == checker.Panicked {
		parts = append(parts, judged)
	}
	run.Result = checker.Merge(x.WithLies(harness.WithExits(parts, e.exits), e.lies))
	run.Result.Checker, run.Result.Took = judged.Checker, judged.Took
	run.Notes = append(run.Notes, harness.Remarks(run.History)...)
	if slow := x.Unhurried(run.History); slow != "" {
		run.Notes = append(run.Notes, slow)
	}
	return nil
}

// describe fills in what is known of the run beside what happened.
func (e *experiment) describe() {
	p, run := e.x.Plan, &e.run
	run.Name, run.Target, run.Backend, run.Workload = e.name, e.name, e.backend, p.Workload
	run.Seed, run.Faults, run.Nodes, run.Started = p.Seed, p.Faults, e.nodes, e.started
	run.Settings = []report.Setting{
		{Name: "time-limit", Value: p.TimeLimit.String()},
		{Name: "rate", Value: strconv.FormatFloat(p.Rate, 'g', -1, 64)},
		{Name: "concurrency", Value: string(p.Concurrency)}, {Name: "timeout", Value: p.Timeout.String()},
		{Name: "fault-interval", Value: p.FaultInterval.String()}, {Name: "heal-limit", Value: p.HealLimit.String()},
		{Name: "consistency", Value: e.x.Level()},
	}
	run.Replay, run.Control = e.repeat, p.Control
	if level := levels.Of(e.x.Workload.Model)[0]; e.x.Level() != level {
		run.Notes = append(run.Notes, fmt.Sprintf("judged as %s, which is less than %s", e.x.Level(), level))
	}
	if e.kept {
		run.Report = filepath.Join(e.dir.Path, store.Report)
	}
}

// report judges what happened and tells the test.
func (e *experiment) report(t *testing.T, problem error) {
	t.Helper()
	if e.run.History == nil {
		t.Fatal(problem)
	}
	e.describe()
	if err := e.judge(); err != nil {
		t.Fatal(err)
	}
	if problem != nil {
		first, _, _ := strings.Cut(problem.Error(), "\n")
		e.run.Problem = first
	}
	if err := e.dir.Save(&e.run); err != nil {
		t.Error(err)
	}
	var text strings.Builder
	if err := report.Text(&text, &e.run, false); err != nil {
		t.Error(err)
	}
	if e.x.Plan.Control != "" && problem == nil {
		e.control(t, text.String())
		return
	}
	if e.run.Exit() == report.ExitValid {
		t.Log(strings.TrimRight(text.String(), "\n"))
		return
	}
	if !e.kept {
		io.WriteString(&text, "  -artifacts keeps the history and the report\n")
	}
	t.Error(strings.TrimRight(text.String(), "\n"))
	if problem != nil {
		t.Fatal(problem)
	}
}
