package sim_test

import (
	"context"
	"fmt"
	"hash"
	"math/rand/v2"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/history"
)

// chaos drives a cluster with random calls and random harm of every honest kind, as its seed says.
type chaos struct {
	*sim.Cluster
	rand    *rand.Rand
	points  []string
	out     hash.Hash // of all that is seen, in order
	free    []history.Process
	process history.Process // the next new one
	value   int
	ok      int // calls that succeeded
}

// newChaos opens a cluster whose whole trace goes to out.
func newChaos(cfg cluster.Config, out hash.Hash) (*chaos, error) {
	c, err := sim.Open(cfg, sim.Options{Trace: func(e sim.Event) {
		fmt.Fprintln(out, e.At, e.What, e.From, e.To, e.Number, e.Why)
	}})
	if err != nil {
		return nil, err
	}
	x := &chaos{
		Cluster: c, rand: rand.New(rand.NewPCG(cfg.Seed, 99)), out: out,
		points: cfg.Target.(cluster.Simulable).Protocol().Points,
	}
	for range 5 {
		x.free = append(x.free, x.process)
		x.process++
	}
	return x, nil
}

// run lets the given time pass, with a fault about every 300 ms if there are to be any.
func (x *chaos) run(length time.Duration, faults bool) {
	end := x.Now() + length
	fault := x.Now()
	for x.Now() < end {
		if faults && x.Now() >= fault {
			x.Do(history.Op{}, x.harm)
			fault = x.Now() + time.Duration(x.rand.Int64N(int64(600*time.Millisecond)))
		}
		if len(x.free) > 0 {
			at := x.rand.IntN(len(x.free))
			p := x.free[at]
			x.free = append(x.free[:at], x.free[at+1:]...)
			x.call(p)
		}
		x.take(x.Now() + time.Duration(x.rand.Int64N(int64(20*time.Millisecond))))
	}
}

func (x *chaos) call(p history.Process) {
	node := x.Nodes()[x.rand.IntN(len(x.Nodes()))]
	op := read(p, node)
	if x.rand.IntN(2) == 0 {
		x.value++
		op = write(p, node, x.value)
	}
	op.Key = string(rune('a' + x.rand.IntN(3)))
	x.Invoke(op)
}

// take drains completions until the given time.
func (x *chaos) take(until time.Duration) {
	for {
		op, ok := x.Next(ctx, until)
		if !ok {
			return
		}
		fmt.Fprintf(x.out, "%+v\n", op)
		switch {
		case op.Process == history.Nemesis:
		case op.Kind == history.Info: // H4
			x.free = append(x.free, x.process)
			x.process++
		default:
			x.free = append(x.free, op.Process)
		}
		if op.Kind == history.Ok {
			x.ok++
		}
	}
}

// harm does one thing to the cluster, at random. Disks lose nothing that they had made durable.
func (x *chaos) harm(context.Context) history.Op {
	node := x.Nodes()[x.rand.IntN(len(x.Nodes()))]
	var p cluster.Proof
	var err error
	switch x.rand.IntN(16) {
	case 0, 1:
		p, err = x.Kill(ctx, node)
	case 2, 3, 4:
		p, err = x.Start(ctx, node)
	case 5:
		p, err = x.Pause(ctx, node)
	case 6, 7:
		p, err = x.Resume(ctx, node)
	case 8:
		p, err = x.Partition(ctx, x.grudge())
	case 9:
		p, err = x.Heal(ctx)
	case 10:
		p, err = x.Hold(ctx, x.grudge())
	case 11:
		p, err = x.Release(ctx)
	case 12:
		p, err = x.SetLinks(ctx, cluster.Link{
			Delay: time.Duration(x.rand.Int64N(1e7)), Jitter: time.Duration(x.rand.Int64N(1e7)),
			Loss: x.rand.Float64() / 3, Duplicate: x.rand.Float64() / 3, Reorder: x.rand.Float64() / 3,
		})
	case 13:
		p, err = x.Skew(ctx, node, cluster.Skew{
			Offset: time.Duration(x.rand.Int64N(2e10) - 1e10), Drift: x.rand.Int64N(200_000) - 100_000,
		})
	case 14:
		p, err = x.SlowDisk(ctx, node, time.Duration(x.rand.Int64N(5e7)))
	case 15:
		moment := []cluster.Moment{cluster.BeforePersist, cluster.MidPersist, cluster.BeforeSend,
			cluster.AfterSend}[x.rand.IntN(4)]
		p, err = x.CrashAt(ctx, node, x.points[x.rand.IntN(len(x.points))], moment)
	}
	if err != nil {
		panic(err)
	}
	return history.Op{Process: history.Nemesis, Kind: history.Info, Err: p.Text}
}

func (x *chaos) grudge() history.Grudge {
	g := history.Grudge{}
	for _, to := range x.Nodes() {
		for _, from := range x.Nodes() {
			if to != from && x.rand.IntN(3) == 0 {
				g[to] = append(g[to], from)
			}
		}
	}
	return g
}

// heal ends every harm.
func (x *chaos) heal() error {
	for _, n := range x.Nodes() {
		for _, f := range []func(context.Context, history.NodeID) (cluster.Proof, error){x.Start, x.Resume} {
			if _, err := f(ctx, n); err != nil {
				return err
			}
		}
		if _, err := x.Skew(ctx, n, cluster.Skew{}); err != nil {
			return err
		}
		if _, err := x.SlowDisk(ctx, n, 0); err != nil {
			return err
		}
	}
	for _, f := range []func(context.Context) (cluster.Proof, error){x.Heal, x.Release} {
		if _, err := f(ctx); err != nil {
			return err
		}
	}
	_, err := x.SetLinks(ctx, cluster.Link{})
	return err
}
