package linear

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/history"
)

// Visualize draws a part of a history as Porcupine's own page, with the longest orders that explain
// some of it: one partition a key. The page needs no network. It costs what Porcupine costs, so
// hand it a witness or a short history; a context that ends, a panic of the model or too much
// memory is an error.
func Visualize(ctx context.Context, w io.Writer, modelName string, part *history.History) error {
	m, err := named(modelName, Options{})
	if err != nil {
		return err
	}
	return m.visualize(ctx, w, part)
}

func (c of[S, In, Out]) visualize(ctx context.Context, w io.Writer, part *history.History) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("draw: %s", panicked(p).reason)
		}
	}()
	objects, err := split(c.m, part)
	if err != nil {
		return err
	}
	guard := &guard{ctx: ctx, left: math.MaxInt64, abandoned: make(chan struct{})}
	before := 0 // an artificial client that makes the calls that lead to the initial value
	for i := range part.Ops {
		before = max(before, int(part.Ops[i].Process)+1)
	}
	drawn := porcupineModel(c.m, guard)
	drawn.PartitionEvent = func([]porcupine.Event) [][]porcupine.Event {
		partitions := make([][]porcupine.Event, len(objects))
		for i, o := range objects {
			partitions[i] = porcupineEvents(o.calls)
			for j := range partitions[i] {
				e := &partitions[i][j]
				e.ClientId = before
				name := "initially"
				if at := o.calls[e.Id].begin/o.scale - 2*o.lead; at >= 0 {
					e.ClientId = int(part.Ops[at].Process)
					name = fmt.Sprintf("#%d", o.calls[e.Id].op)
				}
				if e.Kind == porcupine.CallEvent {
					e.Metadata = name + " " + o.key
				}
			}
		}
		return partitions
	}
	_, info := porcupine.CheckEventsVerbose(drawn, nil, 0)
	if stopped := guard.stopped.Load(); stopped != nil {
		return fmt.Errorf("draw: %s", stopped.reason)
	}
	return porcupine.Visualize(drawn, info, w)
}
