package weak

import "context"

// view says what the order of one process's reads and of all writes must respect. Each level is one
// view, for every process (W4).
type view func(t *trace, process int) *graph

// views are the levels that differ in their view only.
var views = map[string]struct {
	view   view
	perKey bool // keys do not touch one another, so that each may be judged alone
}{
	ReadYourWrites:    {readYourWrites, true},
	MonotonicReads:    {monotonicReads, true},
	MonotonicWrites:   {monotonicWrites, false},
	WritesFollowReads: {writesFollowReads, false},
	PRAM:              {pram, false},
	Causal:            {causal, false},
}

// ownReads has the order explain what a process read.
func (g *graph) ownReads(process int) {
	for _, i := range g.t.sessions[process] {
		if o := &g.t.ops[i]; o.reads {
			g.sees[i] = true
			g.link(o.from, i, readFrom)
		}
	}
}

// consecutive links a process's ops that which picks, each to the next.
func (g *graph) consecutive(process int, which func(*op) bool) {
	last := -1
	for _, i := range g.t.sessions[process] {
		if which(&g.t.ops[i]) {
			g.link(last, i, session)
			last = i
		}
	}
}

func everything(*op) bool { return true }
func writing(o *op) bool  { return o.writes }
func reading(o *op) bool  { return o.reads }

// countWrites makes a chain of each session's writes.
func (g *graph) countWrites() {
	length := map[int]int{}
	for i := range g.t.ops {
		if o := &g.t.ops[i]; o.writes {
			g.count(i, o.session, length)
		}
	}
}

// versions links the writes of one session to one key, and makes a chain of them.
func (g *graph) versions() {
	chains, length, last := map[[2]int]int{}, map[int]int{}, map[int]int{}
	for i := range g.t.ops {
		o := &g.t.ops[i]
		if !o.writes {
			continue
		}
		chain := number(chains, [2]int{o.session, o.key})
		if before, some := last[chain]; some {
			g.link(before, i, session)
		}
		last[chain] = i
		g.count(i, chain, length)
	}
}

func readYourWrites(t *trace, process int) *graph {
	g := newGraph(t, 0)
	g.versions()
	g.ownReads(process)
	last := map[int]int{}
	for _, i := range t.sessions[process] {
		o := &t.ops[i]
		if before, some := last[o.key]; some && o.reads {
			g.link(before, i, session)
		}
		if o.writes {
			last[o.key] = i
		}
	}
	return g
}

func monotonicReads(t *trace, process int) *graph {
	g := newGraph(t, 0)
	g.versions()
	g.ownReads(process)
	g.consecutive(process, reading)
	return g
}

func monotonicWrites(t *trace, process int) *graph {
	g := newGraph(t, 0)
	g.countWrites()
	for s := range t.sessions {
		g.consecutive(s, writing)
	}
	g.ownReads(process)
	g.consecutive(process, reading)
	return g
}

// writesFollowReads gives every read a mark that stands for what its session has read so far: the
// next writes follow it.
func writesFollowReads(t *trace, process int) *graph {
	g := newGraph(t, len(t.ops))
	g.versions()
	g.ownReads(process)
	g.consecutive(process, reading)
	for _, ops := range t.sessions {
		seen := -1
		for _, i := range ops {
			o := &t.ops[i]
			if o.reads {
				mark := len(t.ops) + i
				g.link(seen, mark, carried)
				if o.from >= 0 {
					g.link(o.from, mark, carried)
				}
				seen = mark
			}
			if o.writes {
				g.link(seen, i, carried)
			}
		}
	}
	return g
}

func pram(t *trace, process int) *graph {
	g := newGraph(t, 0)
	g.countWrites()
	for s := range t.sessions {
		if s == process {
			g.consecutive(s, everything)
		} else {
			g.consecutive(s, writing)
		}
	}
	g.ownReads(process)
	return g
}

func causal(t *trace, process int) *graph {
	g := newGraph(t, 0)
	g.countWrites()
	for s := range t.sessions {
		g.consecutive(s, everything)
	}
	for i := range t.ops {
		if o := &t.ops[i]; o.reads {
			g.link(o.from, i, readFrom)
			g.sees[i] = o.session == process
		}
	}
	return g
}

// global is the one order of all ops that sequential consistency asks for.
func global(t *trace) *graph {
	g := newGraph(t, 0)
	g.whole = true
	length := map[int]int{}
	for s := range t.sessions {
		g.consecutive(s, everything)
	}
	for i := range t.ops {
		o := &t.ops[i]
		g.count(i, o.session, length)
		if o.reads {
			g.sees[i] = true
			g.link(o.from, i, readFrom)
		}
	}
	return g
}

// violation is what is wrong with a trace: of whom, and why.
type violation struct {
	kind    string
	part    *trace // in which it was found: the whole, or one key
	process int    // a session; -1 where it is nobody's alone
	c       *contradiction
	nowhere int // a read of what nobody wrote, if c is nil
}

// fromNowhere finds a read of a value that nobody wrote.
func fromNowhere(t *trace) *violation {
	for i := range t.ops {
		if t.ops[i].reads && t.ops[i].from == nowhere {
			return &violation{kind: "value-from-nowhere", part: t, process: -1, nowhere: i}
		}
	}
	return nil
}

// judgeViews looks for a process that has no view of its own.
func judgeViews(ctx context.Context, t *trace, level string) (*violation, error) {
	if v := fromNowhere(t); v != nil {
		return v, nil
	}
	l := views[level]
	parts := []*trace{t}
	if l.perKey {
		parts = t.byKey()
	}
	for _, part := range parts {
		for s := range part.sessions {
			v, err := judgeView(ctx, part, level, s)
			if v != nil || err != nil {
				return v, err
			}
		}
	}
	return nil, nil
}

// judgeView looks at one process.
func judgeView(ctx context.Context, t *trace, level string, process int) (*violation, error) {
	reads := false
	for _, i := range t.sessions[process] {
		reads = reads || t.ops[i].reads
	}
	if !reads {
		return nil, nil
	}
	g := views[level].view(t, process)
	c, err := g.saturate(ctx)
	if c == nil || err != nil {
		return nil, err
	}
	return &violation{kind: level, part: t, process: process, c: c}, nil
}
