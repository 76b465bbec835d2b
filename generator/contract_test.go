package generator_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/generator/gentest"
	"github.com/splitvote/splitvote/history"
)

// anyGenerator draws a finite generator built from every combinator.
func anyGenerator(t *rapid.T, depth int) Generator {
	if depth == 0 {
		return Ops(make([]history.Op, rapid.IntRange(0, 3).Draw(t, "ops"))...)
	}
	one := func() Generator { return anyGenerator(t, depth-1) }
	some := func() []Generator {
		gs := make([]Generator, rapid.IntRange(1, 3).Draw(t, "parts"))
		for i := range gs {
			gs[i] = one()
		}
		return gs
	}
	d := time.Duration(rapid.IntRange(0, 5).Draw(t, "ms")) * ms
	n := rapid.IntRange(1, 4).Draw(t, "n")
	switch rapid.IntRange(0, 15).Draw(t, "combinator") {
	case 0:
		return Limit(n, Repeat(history.Op{}))
	case 1:
		return Seq(some()...)
	case 2:
		return Phases(some()...)
	case 3:
		return Limit(n, Cycle(one()))
	case 4:
		return FlipFlop(one(), one())
	case 5:
		return Mix(some()...)
	case 6:
		return Any(some()...)
	case 7:
		return Seq(Sleep(d), one())
	case 8:
		return Stagger(d, one())
	case 9:
		return Delay(d, one())
	case 10:
		return TimeLimit(d, one())
	case 11:
		return Reserve(n, one(), one())
	case 12:
		return EachProcess(one())
	case 13:
		return EachKey(n, keys("x", "y", "z"), func(string) Generator { return Limit(n, Repeat(history.Op{})) })
	case 14:
		return UntilOk(one())
	default:
		return Map(func(op history.Op) history.Op { op.F = "f"; return op }, one())
	}
}

func anyWorld(t *rapid.T) gentest.World {
	return gentest.World{
		Clients: rapid.IntRange(1, 6).Draw(t, "clients"),
		Seed:    rapid.Uint64().Draw(t, "seed"),
		Stop:    300,
		Complete: func(op history.Op) (history.Op, time.Duration) {
			op.Kind = history.Kind(1 + (op.Time/ms+time.Duration(op.Process))%3)
			return op, (op.Time + time.Duration(op.Process+2)*ms) % (7 * ms)
		},
	}
}

// checked passes on what another generator answers and checks that it stays unchanged (G1) and
// stays
// done once done (G7).
type checked struct {
	t *rapid.T
	g Generator
}

func (c *checked) Next(ctx Context) (history.Op, State, Generator) {
	seed := ctx.Rand.Uint64()
	ask := func(g Generator) (history.Op, State, Generator) {
		ctx.Rand = rand.New(rand.NewPCG(seed, 0))
		return g.Next(ctx)
	}
	first, state, next := ask(c.g)
	again, stateAgain, _ := ask(c.g)
	if diff := cmp.Diff(first, again); diff != "" || state != stateAgain {
		c.t.Fatalf("Next changed its receiver: state %d, then %d\n%s", state, stateAgain, diff)
	}
	if state == Done {
		if _, state, _ := ask(next); state != Done {
			c.t.Fatal("after Done came something else (G7)")
		}
	}
	return first, state, &checked{c.t, next}
}

func (c *checked) Update(ctx Context, event history.Op) Generator {
	return &checked{c.t, c.g.Update(ctx, event)}
}

func TestContract(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, world := anyGenerator(t, rapid.IntRange(0, 4).Draw(t, "depth")), anyWorld(t)
		events, err := world.Run(&checked{t, TimeLimit(time.Second, g)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := history.New(events); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheSeedIsTheSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, world := anyGenerator(t, 3), anyWorld(t)
		first, err := world.Run(TimeLimit(time.Second, g))
		if err != nil {
			t.Fatal(err)
		}
		second, err := world.Run(TimeLimit(time.Second, g))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("the same generator and seed made another history:\n%s", diff)
		}
	})
}

func TestRosterKeepsTheOrderOfThreads(t *testing.T) {
	r := NewRoster(3)
	for _, p := range []history.Process{1, history.Nemesis, 0} {
		r.Take(p)
	}
	r.Give(1)
	r.Retire(1)
	r.Give(history.Nemesis)
	r.Retire(history.Nemesis)
	if diff := cmp.Diff([]history.Process{0, 4, 2, history.Nemesis}, r.Procs()); diff != "" {
		t.Errorf("procs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]history.Process{4, 2, history.Nemesis}, r.Free()); diff != "" {
		t.Errorf("free (-want +got):\n%s", diff)
	}
	if r.Idle() {
		t.Error("idle while process 0 is busy")
	}
}

// BenchmarkInterpreter measures the cost of an operation as in a run: two completions and two
// questions
// each.
func BenchmarkInterpreter(b *testing.B) {
	key := func(i int) (string, bool) { return "k", true }
	read, write := Repeat(op("read")), Repeat(op("write"))
	clients := EachKey(5, key, func(string) Generator { return Limit(200, Mix(read, read, write)) })
	g := TimeLimit(time.Hour, Together(Rate(1e6, clients), Seq(Sleep(time.Hour))))
	world := gentest.World{Clients: 20, Stop: b.N, Complete: takes(3*ms, history.Ok)}
	b.ReportAllocs()
	if _, err := world.Run(g); err != nil {
		b.Fatal(err)
	}
}
