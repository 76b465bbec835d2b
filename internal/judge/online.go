package judge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
)

// pipe is a history that is judged while it comes in: reading ends at the first violation. Up
// to a limit the events are kept, so that they are judged and explained like a file. Beyond it only
// the online judge is left.
type pipe struct {
	most int64 // bytes of events that are kept

	watch       linear.Online
	watched     string          // the model that watch judges by
	asked       string          // the model that was asked for, "" for none
	consistency string          // that was asked for
	initial     history.Initial // that was asked for; then also what the file says
	guess       bool            // no model was asked for and none is known yet
	fs          map[string]bool // calls that did not tell

	pace   linear.Pace
	judged bool // a violation was found while nothing came
	ops    []history.Op
	held   int64
	full   bool
}

// newPipe watches where linearizability is asked for, or a level of transactions: nothing else is
// judged while it happens.
func newPipe(modelName, consistency string, initial history.Initial, most int64) *pipe {
	return &pipe{
		most:        most,
		fs:          map[string]bool{},
		asked:       modelName,
		consistency: consistency,
		initial:     initial,
		guess:       modelName == "",
	}
}

// begin watches by a model, from the first event on, if it and the level can be watched by.
func (p *pipe) begin(modelName string) {
	p.guess = false
	if watch, err := levels.Online(modelName, p.consistency, p.initial); err == nil {
		p.watch, p.watched = watch, modelName
	}
}

// read takes events until there are no more or the history is invalid for certain.
func (p *pipe) read(in *history.Stream) error {
	first, begun := true, false
	for {
		op, err := in.Next()
		if errors.Is(err, io.EOF) || p.judged {
			return nil
		}
		if err != nil {
			return err
		}
		if !begun { // the header is known by now
			begun, p.initial = true, in.Initial().Override(p.initial)
			if !p.guess {
				p.begin(p.asked)
			}
		}
		if first && op.Process != history.Nemesis {
			first = false
			if len(op.Value) > 0 && op.Value[0] == '[' && len(microOperations(&op)) == 0 {
				p.watch, p.guess = nil, false // perhaps a [key value] pair: that is known only at the end
			}
		}
		p.keep(op)
		if possible, err := p.see(&op); err != nil || !possible {
			return err
		}
	}
}

// look lets the judge look at calls that it puts off, when that is due.
func (p *pipe) look() bool {
	return p.watch == nil || p.pace.Look(p.watch)
}

// history reads standard input; without what it holds if that is too much to keep.
func (p *pipe) history(ctx context.Context, in io.Reader, format string) (*history.History, error) {
	known, err := history.ParseFormat(format)
	if err != nil {
		return nil, failure.Usage(fmt.Errorf("--format: %w", err))
	}
	idle := func() (again time.Duration, more, possible bool) {
		if _, fresh := p.pace.Due(); p.watch == nil || !fresh {
			return 0, false, true
		}
		p.judged = !p.look()
		again, more = p.pace.Due()
		return again, more, !p.judged
	}
	events := history.NewStream(newIdling(ctx, in, idle), known)
	err = p.read(events)
	if ctx.Err() != nil {
		return nil, failure.ErrStopped
	}
	if err != nil {
		return nil, unreadable("-", err)
	}
	h, err := history.New(p.ops)
	if err != nil {
		return nil, failure.Usage(fmt.Errorf("-: %w", err))
	}
	h.Cut, h.Initial, h.Notes, h.Unordered = events.Cut(), events.Initial(), events.Notes(), events.Unordered()
	return h, nil
}

// see shows an event to the judge. Without a model it waits for a call that tells which.
func (p *pipe) see(op *history.Op) (possible bool, err error) {
	switch {
	case p.watch != nil:
		p.pace.Event()
		return p.watch.Event(op) && p.look(), nil
	case !p.guess || op.Process == history.Nemesis:
		return true, nil
	}
	sign := fmt.Sprint(op.F, op.Kind, shapeOf(op.Value))
	if op.F == "txn" {
		sign += fmt.Sprint(microOperations(op))
	}
	if p.fs[sign] {
		return true, nil
	}
	p.fs[sign] = true
	known, err := history.New(slices.Clone(p.ops))
	if err != nil {
		return true, err
	}
	name := Guess(known)
	if name == "register" {
		name = "cas-register" // a cas may follow
	}
	if name == "" {
		return true, nil
	}
	if p.begin(name); p.watch == nil {
		return true, nil
	}
	for i := range p.ops {
		if !p.watch.Event(&p.ops[i]) {
			return false, nil
		}
	}
	return true, nil
}

// keep holds an event while there is room.
func (p *pipe) keep(op history.Op) {
	const fields = 160 // an Op and what its call takes
	p.held += fields + int64(len(op.Value)+len(op.Key))
	if p.full = p.full || p.held > p.most; p.full {
		p.ops = nil
		return
	}
	p.ops = append(p.ops, op)
}

// result is the verdict on a history that was too long to keep.
func (p *pipe) result() checker.Result {
	if p.watch == nil {
		return checker.Result{Verdict: checker.Unknown, Cause: checker.Memory,
			Reason: fmt.Sprintf(
				"the history takes more than --checker-memory (%v), and it is not judged while it happens",
				plan.Bytes(p.most),
			)}
	}
	return p.watch.End()
}
