package generator

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// Limit offers at most n operations of g.
func Limit(n int, g Generator) Generator { return &limit{n, g} }

type limit struct {
	left int
	g    Generator
}

func (l *limit) Next(ctx Context) (history.Op, State, Generator) {
	if l.left <= 0 {
		return history.Op{}, Done, nothing{}
	}
	op, state, g := l.g.Next(ctx)
	switch state {
	case Ready:
		return op, Ready, &limit{l.left - 1, g}
	case Pending:
		return op, Pending, l.with(g)
	}
	return op, Done, nothing{}
}

func (l *limit) Update(ctx Context, event history.Op) Generator {
	return l.with(l.g.Update(ctx, event))
}

func (l *limit) with(g Generator) Generator {
	if g == l.g {
		return l
	}
	return &limit{l.left, g}
}

// UntilOk offers the operations of g until one of them ends ok, or until g is done.
func UntilOk(g Generator) Generator {
	return Until(func(completion history.Op) bool { return completion.Kind == history.Ok }, g)
}

// Until offers the operations of g until stop accepts the completion of one of them, or until g is
// done.
func Until(stop func(completion history.Op) bool, g Generator) Generator {
	return &until{stop: stop, g: g}
}

type until struct {
	stop func(history.Op) bool
	g    Generator
	mine []history.Process // the processes with an operation of g in progress
}

func (u *until) Next(ctx Context) (history.Op, State, Generator) {
	op, state, g := u.g.Next(ctx)
	if state == Done {
		return op, Done, nothing{}
	}
	return op, state, &until{u.stop, g, u.mine}
}

func (u *until) Update(ctx Context, event history.Op) Generator {
	mine := u.mine
	at := slices.Index(mine, event.Process)
	switch {
	case event.Kind == history.Invoke:
		mine = append(slices.Clip(mine), event.Process)
	case at >= 0 && u.stop(event):
		return nothing{}
	case at >= 0:
		mine = slices.Delete(slices.Clone(mine), at, at+1)
	}
	return &until{u.stop, u.g.Update(ctx, event), mine}
}
