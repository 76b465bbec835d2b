package sim_test

import "github.com/splitvote/splitvote/protocol"

// clocked is a target whose node only looks at its clocks.
type clocked struct {
	tiny
	watch watch
}

func (c *clocked) Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name: "clocked",
		New:  func(protocol.Config, []protocol.Record) (protocol.Core, error) { return &c.watch, nil },
	}
}

type watch struct {
	ticks       int
	first, wall int64 // wall clock at the first and the latest tick
}

func (w *watch) Status() protocol.Status { return protocol.Status{} }

func (w *watch) Step(in protocol.Input) protocol.Output {
	if t, ok := in.(protocol.Tick); ok {
		if w.ticks++; w.ticks == 1 {
			w.first = t.Wall
		}
		w.wall = t.Wall
	}
	return protocol.Output{}
}
