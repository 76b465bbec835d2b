package generator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/generator/gentest"
	"github.com/splitvote/splitvote/history"
)

const ms = time.Millisecond

func op(f string) history.Op { return history.Op{F: f, Value: json.RawMessage("null")} }

// takes ends every call with the given kind after d.
func takes(d time.Duration, kind history.Kind) func(history.Op) (history.Op, time.Duration) {
	return func(op history.Op) (history.Op, time.Duration) {
		op.Kind = kind
		return op, d
	}
}

// schedule writes the invocations as "3 p1 read x": milliseconds, process, call and key.
func schedule(events []history.Op) []string {
	var lines []string
	for _, e := range events {
		if e.Kind == history.Invoke {
			p := "p" + e.Process.String()
			if e.Process == history.Nemesis {
				p = "nemesis"
			}
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", e.Time.Milliseconds(), p, e.F, e.Key)))
		}
	}
	return lines
}

func keys(names ...string) func(int) (string, bool) {
	return func(i int) (string, bool) {
		if i >= len(names) {
			return "", false
		}
		return names[i], true
	}
}

// Each case is a generator and its whole schedule. Where chance could decide, only one process is
// free.
func TestSchedules(t *testing.T) {
	a, b, c := Once(op("a")), Once(op("b")), Once(op("c"))
	cases := []struct {
		name  string
		world gentest.World
		g     Generator
		want  []string
	}{
		{"nothing", gentest.World{}, Ops(), nil},
		{"once", gentest.World{}, a, []string{"0 nemesis a"}},
		{
			"a busy process delays the next operation", gentest.World{Complete: takes(5*ms, history.Ok)},
			Ops(op("a"), op("b")),
			[]string{"0 nemesis a", "5 nemesis b"},
		},
		{
			"a process is retired by an info", gentest.World{Clients: 2, Complete: takes(1*ms, history.Info)},
			OnProcesses(func(p history.Process) bool { return p%2 == 1 }, Limit(3, Repeat(op("a")))),
			[]string{"0 p1 a", "1 p3 a", "2 p5 a"},
		},
		{"limit", gentest.World{}, Limit(2, Repeat(op("a"))), []string{"0 nemesis a", "0 nemesis a"}},
		{"seq skips what is done", gentest.World{}, Seq(Ops(), a, Ops(), b), []string{"0 nemesis a", "0 nemesis b"}},
		{
			"phases wait for every process", gentest.World{Clients: 1,
				Complete: func(op history.Op) (history.Op, time.Duration) {
					return op, map[string]time.Duration{"slow": 9 * ms}[op.F]
				}},
			Phases(Any(Clients(Once(op("slow"))), Faults(a)), Clients(b)),
			[]string{"0 p0 slow", "0 nemesis a", "9 p0 b"},
		},
		{
			"cycle begins again", gentest.World{},
			Limit(5, Cycle(Seq(a, b))),
			[]string{"0 nemesis a", "0 nemesis b", "0 nemesis a", "0 nemesis b", "0 nemesis a"},
		},
		{"a cycle of nothing ends", gentest.World{}, Cycle(Ops()), nil},
		{
			"flip-flop ends with the first that is done", gentest.World{},
			FlipFlop(Repeat(op("start")), Ops(op("stop"), op("stop"))),
			[]string{"0 nemesis start", "0 nemesis stop", "0 nemesis start", "0 nemesis stop", "0 nemesis start"},
		},
		{
			"delay", gentest.World{},
			Limit(3, Delay(4*ms, Repeat(op("a")))),
			[]string{"0 nemesis a", "4 nemesis a", "8 nemesis a"},
		},
		{
			"delay does not hurry after a long call", gentest.World{Complete: takes(50*ms, history.Ok)},
			Limit(3, Delay(20*ms, Repeat(op("a")))),
			[]string{"0 nemesis a", "50 nemesis a", "100 nemesis a"},
		},
		{
			"sleep counts from its first use", gentest.World{Complete: takes(5*ms, history.Ok)},
			Seq(a, Sleep(3*ms), b),
			[]string{"0 nemesis a", "5 nemesis b"},
		},
		{"sleep alone", gentest.World{}, Seq(Sleep(3*ms), Sleep(4*ms), b), []string{"7 nemesis b"}},
		{
			"time limit counts from its first use", gentest.World{},
			Seq(Sleep(100*ms), TimeLimit(10*ms, Delay(4*ms, Repeat(op("a")))), b),
			[]string{"100 nemesis a", "104 nemesis a", "108 nemesis a", "110 nemesis b"},
		},
		{
			"time limit ends one that waits", gentest.World{},
			Seq(TimeLimit(10*ms, Clients(a)), b),
			[]string{"10 nemesis b"},
		},
		{
			"any takes the soonest", gentest.World{},
			Any(Seq(Sleep(2*ms), a), Seq(Sleep(1*ms), b), Seq(Sleep(3*ms), c)),
			[]string{"1 nemesis b", "2 nemesis a", "3 nemesis c"},
		},
		{
			"an operation for later gives way", gentest.World{},
			Any(appointment(5*ms), Seq(Sleep(2*ms), a)),
			[]string{"2 nemesis a", "5 nemesis later"},
		},
		{
			"clients and faults have shares of their own", gentest.World{Clients: 1, Complete: takes(4*ms, history.Ok)},
			TimeLimit(10*ms, Together(Delay(2*ms, Repeat(op("read"))), Seq(Sleep(5*ms), Once(op("kill"))))),
			[]string{"0 p0 read", "4 p0 read", "5 nemesis kill", "8 p0 read"},
		},
		{
			"reserve keeps threads apart", gentest.World{Clients: 2, Complete: takes(3*ms, history.Info)},
			TimeLimit(5*ms, Clients(Reserve(1, Seq(Sleep(1*ms), Repeat(op("write"))), Repeat(op("read"))))),
			[]string{"0 p1 read", "1 p0 write", "3 p3 read", "4 p2 write"},
		},
		{
			"until ok", gentest.World{Complete: func(o history.Op) (history.Op, time.Duration) {
				if o.F == "a" {
					o.Kind = history.Fail
				}
				return o, 1 * ms
			}},
			UntilOk(Cycle(Seq(a, a, b))),
			[]string{"0 nemesis a", "1 nemesis a", "2 nemesis b"},
		},
		{"until ok gives up with its generator", gentest.World{Complete: takes(0, history.Fail)}, UntilOk(a),
			[]string{"0 nemesis a"}},
		{
			"map", gentest.World{},
			Map(func(o history.Op) history.Op { o.F += "!"; return o }, Ops(op("a"), op("b"))),
			[]string{"0 nemesis a!", "0 nemesis b!"},
		},
		{
			"a group has one key at a time", gentest.World{Clients: 1, Complete: takes(1*ms, history.Ok)},
			Clients(EachKey(1, keys("x", "y"), func(string) Generator { return Ops(op("a"), op("b")) })),
			[]string{"0 p0 a x", "1 p0 b x", "2 p0 a y", "3 p0 b y"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			events, err := c.world.Run(c.g)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, schedule(events)); diff != "" {
				t.Errorf("schedule (-want +got):\n%s", diff)
			}
		})
	}
}

// appointment offers one operation long before its time.
type appointment time.Duration

func (a appointment) Next(ctx Context) (history.Op, State, Generator) {
	return history.Op{F: "later", Process: ctx.Free[0], Time: max(ctx.Time, time.Duration(a))}, Ready, Ops()
}

func (a appointment) Update(Context, history.Op) Generator { return a }

func TestUntilOkHearsOnlyItsOwn(t *testing.T) {
	world := gentest.World{Clients: 1, Complete: func(o history.Op) (history.Op, time.Duration) {
		if o.F == "a" {
			o.Kind = history.Fail
		}
		return o, 2 * ms
	}}
	events, err := world.Run(Any(UntilOk(Clients(Limit(3, Repeat(op("a"))))), Faults(Limit(2, Repeat(op("b"))))))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(schedule(events)); got != 5 {
		t.Errorf("%d operations, want 5: an ok of b is none of a", got)
	}
}

func TestMixKeepsProportions(t *testing.T) {
	world := gentest.World{Seed: 7}
	events, err := world.Run(Limit(3000, Mix(Repeat(op("a")), Repeat(op("a")), Ops(op("b")), Repeat(op("c")))))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range events {
		if e.Kind == history.Invoke {
			count[e.F]++
		}
	}
	if count["b"] != 1 || count["a"] < 1850 || count["a"] > 2150 {
		t.Errorf("got %v, want 1 b and twice as many a as c", count)
	}
}

func TestStaggerKeepsItsMean(t *testing.T) {
	world := gentest.World{Seed: 7}
	events, err := world.Run(Limit(2000, Rate(100, Repeat(op("a")))))
	if err != nil {
		t.Fatal(err)
	}
	if end := events[len(events)-1].Time; end < 19*time.Second || end > 21*time.Second {
		t.Errorf("2000 operations at 100 a second took %s", end)
	}
}

func TestEachProcessHasAllForItself(t *testing.T) {
	world := gentest.World{Clients: 3, Complete: takes(1*ms, history.Info)}
	events, err := world.Run(Clients(EachProcess(Ops(op("a"), op("b")))))
	if err != nil {
		t.Fatal(err)
	}
	got := map[history.Process]string{}
	for _, e := range events {
		if e.Kind == history.Invoke {
			got[e.Process%3] += e.F
		}
	}
	if diff := cmp.Diff(map[history.Process]string{0: "ab", 1: "ab", 2: "ab"}, got); diff != "" {
		t.Errorf("operations of each thread (-want +got):\n%s", diff)
	}
}

func TestEachKeyDividesTheThreads(t *testing.T) {
	names := []string{"k0", "k1", "k2", "k3", "k4", "k5", "k6"}
	world := gentest.World{Clients: 7, Seed: 3, Complete: takes(1*ms, history.Info)}
	events, err := world.Run(Clients(EachKey(3, keys(names...), func(string) Generator {
		return Limit(20, Repeat(op("a")))
	})))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	group := map[string]int{} // the group that has a key: threads 0 to 2, or 3 to 6
	for _, e := range events {
		if e.Kind != history.Invoke {
			continue
		}
		count[e.Key]++
		g := min(int(e.Process)%7/3, 1)
		if was, ok := group[e.Key]; ok && was != g {
			t.Fatalf("key %s is in both groups", e.Key)
		}
		group[e.Key] = g
	}
	for _, k := range names {
		if count[k] != 20 {
			t.Errorf("key %s had %d operations, want 20", k, count[k])
		}
	}
}
