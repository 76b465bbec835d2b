package harness

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/history"
)

// Outcome is the outcome of one plan in the simulator. Everything except wall-clock times follows
// from the plan.
type Outcome struct {
	History *history.History
	Result  checker.Result // invariants and panics are among its parts
	Broken  time.Duration  // when the first of its invariants was broken, 0 if none was
	Virtual time.Duration  // simulated
	Wall    time.Duration  // of the run and its judgement
	Lies    []controls.Told
}

// Simulate carries out the plan in the simulator and judges it, in memory: it reads and writes no
// file. An error means that the experiment itself failed or was stopped; a panic of a core is a
// finding.
func (x Experiment) Simulate(ctx context.Context, target cluster.Target, options sim.Options) (Outcome, error) {
	start := time.Now()
	judges, err := x.Checker()
	if err != nil {
		return Outcome{}, err
	}
	cfg := x.Config(target, NodeNames(x.Plan.Nodes))
	cfg.Log = io.Discard
	c, err := sim.Open(cfg, options)
	if err != nil {
		return Outcome{}, err
	}
	defer c.Close()
	recorder := history.NewRecorder(nil)
	if x.untilBroken {
		judges = checker.All(x.Plan.Workload)
	}
	times, err := x.Run(ctx, c, recorder, nil)
	core, convicted := CorePanic(err)
	if err != nil && !convicted {
		return Outcome{}, err
	}
	out := Outcome{Virtual: c.Now()}
	if out.History, err = recorder.History(); err != nil {
		return Outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, time.Duration(x.Plan.CheckerTimeout))
	defer cancel()
	judged := checker.Safe(limited, judges, out.History)
	if err := ctx.Err(); err != nil {
		return Outcome{}, context.Cause(ctx)
	}
	parts := judged.Parts
	if broken, ok := BrokenInvariants(c); ok {
		parts = append(parts, broken)
		out.Broken = c.Violations()[0].At
	}
	if convicted {
		parts = append(parts, core)
	}
	parts = x.WithLies(parts, times.Lies)
	out.Lies = times.Lies
	if judged.Cause != checker.Panicked { // otherwise it has no parts, and its text is all there is
		out.Result = checker.Merge(parts)
	} else {
		out.Result = checker.Merge(append(parts, judged))
	}
	out.Result.Checker = judged.Checker
	out.Wall = time.Since(start)
	return out, nil
}

// CorePanic reports the panic of a core as a finding: a correct core never panics.
func CorePanic(err error) (checker.Result, bool) {
	var p *cluster.PanicError
	if !errors.As(err, &p) || p.Core == "" {
		return checker.Result{}, false
	}
	text, _, _ := strings.Cut(p.Error(), "\n")
	return checker.Result{Checker: "core", Verdict: checker.Invalid, Reason: text,
		Evidence: []checker.Evidence{{Kind: "panic", Summary: text}}}, true
}

// Digest is a hash of the history, event by event, and of the verdict.
func (o Outcome) Digest() [sha256.Size]byte {
	hash := sha256.New()
	var line []byte
	for i := range o.History.Ops {
		var err error
		if line, err = history.AppendJSON(line[:0], &o.History.Ops[i]); err != nil {
			// an event that cannot be written differs from all others
			line = binary.AppendVarint([]byte(err.Error()), int64(i))
		}
		hash.Write(line)
	}
	hash.Write([]byte(o.Result.Verdict.String()))
	return [sha256.Size]byte(hash.Sum(nil))
}

// Sign tells one sort of violation from another: which checker convicts, and of what. Violations
// with one sign are taken to have one cause.
type Sign struct {
	Checker  string `json:"checker"`
	Evidence string `json:"evidence"` // kind of the first evidence, "" without evidence
}

func (s Sign) String() string { return strings.TrimSuffix(s.Checker+": "+s.Evidence, ": ") }

// Signs returns the signs of an outcome's violations, in the order of its parts, with a line on
// each.
func (o Outcome) Signs() (signs []Sign, lines []string) {
	for _, part := range o.Result.Parts {
		if part.Verdict != checker.Invalid {
			continue
		}
		sign, line := Sign{Checker: part.Checker}, part.Reason
		if len(part.Evidence) > 0 {
			sign.Evidence, line = part.Evidence[0].Kind, part.Evidence[0].Summary
		}
		signs, lines = append(signs, sign), append(lines, line)
	}
	return signs, lines
}

// NodeNames returns n1, n2 ...
func NodeNames(n int) []history.NodeID {
	names := make([]history.NodeID, n)
	for i := range names {
		names[i] = history.NodeID("n" + strconv.Itoa(i+1))
	}
	return names
}
