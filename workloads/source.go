package workloads

import (
	"encoding/json"
	"strconv"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var null = json.RawMessage("null")

// source makes the calls of one key from a state S. S is a value: next and learn return a new state
// and leave the old one unchanged.
type source[S any] struct {
	key   string
	state S
	// next makes a call for the free process p.
	next func(ctx generator.Context, s S, p history.Process) (history.Op, S)
	// learn updates the state from a completion of this key; nil if there is nothing to learn.
	learn func(s S, completion *history.Op) S
}

func (s *source[S]) Next(ctx generator.Context) (history.Op, generator.State, generator.Generator) {
	if len(ctx.Free) == 0 {
		return history.Op{}, generator.Pending, s
	}
	p := ctx.Free[ctx.Rand.IntN(len(ctx.Free))]
	op, state := s.next(ctx, s.state, p)
	op.Process, op.Time, op.Key = p, ctx.Time, s.key
	return op, generator.Ready, &source[S]{s.key, state, s.next, s.learn}
}

func (s *source[S]) Update(_ generator.Context, event history.Op) generator.Generator {
	if s.learn == nil || event.Kind == history.Invoke || event.Key != s.key {
		return s
	}
	return &source[S]{s.key, s.learn(s.state, &event), s.next, s.learn}
}

func number(n int) json.RawMessage { return strconv.AppendInt(nil, int64(n), 10) }
