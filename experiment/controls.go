package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
)

// Control is what came of one kind of lie told to one workload, over several seeds. Without a lie
// it is the honest run beside them.
type Control struct {
	Workload string   `json:"workload"`
	Lie      string   `json:"lie"`      // "" for the honest runs
	Seeds    int      `json:"seeds"`    // tried
	Told     int      `json:"told"`     // of them gave an occasion for a lie
	Invalid  int      `json:"invalid"`  // of them were convicted
	By       []string `json:"by"`       // the checkers that convicted, with the kind of evidence
	Calls    int      `json:"calls"`    // median of the calls from the first lie until it was found; 0 if it never was
	Expected bool     `json:"expected"` // the workload notices this lie in every run
}

// Err says what is wrong with the judge, nil if nothing is: it accused an honest run, or missed a
// lie that the workload notices.
func (c Control) Err() error {
	switch {
	case c.Lie == "" && c.Invalid > 0:
		return fmt.Errorf("%s: %d of %d honest runs were convicted", c.Workload, c.Invalid, c.Seeds)
	case c.Expected && c.Invalid < c.Told:
		return fmt.Errorf("%s: %s was told in %d runs and found in %d", c.Workload, c.Lie, c.Told, c.Invalid)
	}
	return nil
}

// Controls runs the plan on each workload honestly, and once more with each kind of lie, for the
// given number of seeds. No workloads are all that the target serves. It tells of each as it is
// known.
func Controls(ctx context.Context, p plan.Plan, o Options, names []string, seeds int, tell func(Control)) error {
	t, err := Load(p.Target)
	if err != nil {
		return err
	}
	if t.Target == nil {
		_, err := Complete(p) // says which targets there are
		return err
	}
	defer t.close()
	if len(names) == 0 {
		names = t.workloads()
	}
	if p.Backend == "auto" && t.service == nil {
		p.Backend = "sim"
	}
	for _, workload := range names {
		for _, lie := range append([]string{""}, controls.Names()...) {
			p.Workload, p.Control = workload, lie
			c, err := control(ctx, p, o, seeds)
			if err != nil {
				return err
			}
			tell(c)
		}
	}
	return nil
}

func control(ctx context.Context, p plan.Plan, o Options, seeds int) (Control, error) {
	c := Control{Workload: p.Workload, Lie: p.Control, Seeds: seeds, By: []string{}}
	x, err := Resolve(ctx, p, o)
	if err != nil {
		return c, err
	}
	if model := x.harness.Workload.Model; model == "" || x.harness.Level() == levels.Of(model)[0] {
		c.Expected = slices.Contains(controls.Notices(p.Workload), p.Control)
	}
	var calls []int
	for n := range seeds {
		out, err := x.Again(uint64(n)).try(ctx)
		if err != nil {
			return c, err
		}
		if len(out.lies) > 0 {
			c.Told++
		}
		if out.result.Verdict != checker.Invalid {
			continue
		}
		c.Invalid++
		if len(out.lies) > 0 {
			calls = append(calls, harness.CallsUntilFound(out.history, out.result, out.lies[0]))
		}
		for _, part := range out.result.Parts {
			if part.Verdict != checker.Invalid {
				continue
			}
			by := part.Checker
			if len(part.Evidence) > 0 && part.Evidence[0].Kind != "" {
				by += " " + part.Evidence[0].Kind
			}
			if !slices.Contains(c.By, by) {
				c.By = append(c.By, by)
			}
		}
	}
	if len(calls) > 0 {
		slices.Sort(calls)
		c.Calls = calls[len(calls)/2]
	}
	return c, nil
}

// tried is what a control needs of a run.
type tried struct {
	history *history.History
	result  checker.Result
	lies    []int
}

// try runs the experiment, in sim without leaving files.
func (e *Experiment) try(ctx context.Context) (tried, error) {
	if e.backend.Name != "sim" {
		run, err := e.Run(ctx)
		if err != nil {
			return tried{}, err
		}
		return tried{run.History, run.Result, run.Lies}, nil
	}
	x := e.harness
	x.Terse = true
	out, err := x.Simulate(ctx, e.target.Target, sim.Options{})
	if err != nil {
		return tried{}, failure.Internal(err)
	}
	return tried{out.History, out.Result, controls.CallsOf(out.Lies)}, nil
}

// Unnoticed says of a lie that was told and not found which workloads notice it, "" for a lie that
// needs no such advice.
func (c Control) Unnoticed() string {
	if c.Lie == "" || c.Invalid > 0 {
		return ""
	}
	by := controls.NoticedBy(c.Lie)
	if len(by) == 0 {
		return ""
	}
	return "noticed by " + strings.Join(by, ", ")
}
