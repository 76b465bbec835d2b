package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/history"
)

var (
	nodes = []history.NodeID{"n1", "n2", "n3"}
	retry = cluster.Retry{Timeout: time.Second, Attempt: 400 * time.Millisecond, Pause: 20 * time.Millisecond}
)

// target is one whose clients do as they are told. It counts who is connected.
type target struct {
	cluster.Target
	invoke func(ctx context.Context, op history.Op) cluster.Answer
	dial   func(addr string) error
	status func(ctx context.Context, addr string) (cluster.Status, error)

	mu        sync.Mutex
	connected map[string]int
	dialled   []string
}

func (t *target) Dial(_ context.Context, addr string, s cluster.Session) (cluster.Client, error) {
	if t.dial != nil {
		if err := t.dial(addr); err != nil {
			return nil, err
		}
	}
	name := fmt.Sprintf("%d→%s", s.Process, addr)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.connected[name]++
	t.dialled = append(t.dialled, name)
	return client{t, name}, nil
}

func (t *target) Status(ctx context.Context, addr string) (cluster.Status, error) {
	return t.status(ctx, addr)
}

type client struct {
	t    *target
	name string
}

func (c client) Invoke(ctx context.Context, op history.Op) cluster.Answer { return c.t.invoke(ctx, op) }

func (c client) Close() error {
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	c.t.connected[c.name]--
	return nil
}

func config(t *target) live.Config {
	t.connected = map[string]int{}
	return live.Config{Target: t, Nodes: nodes, Object: "register", Run: "r", Retry: retry,
		Addr: func(n history.NodeID) string { return string(n) + ":1" }}
}

func read(p history.Process) history.Op {
	return history.Op{Process: p, F: "read", Value: json.RawMessage("null"), Node: "n1"}
}

// answered is the completion of op, and again as in cluster.Answer.
func answered(op history.Op, k history.Kind, why string, again bool) cluster.Answer {
	op.Kind, op.Err = k, why
	return cluster.Answer{Op: op, Again: again}
}

func next(t *testing.T, l *live.Clients) history.Op {
	t.Helper()
	op, ok := l.Next(t.Context(), l.Now()+time.Hour)
	if !ok {
		t.Fatal("no completion within an hour")
	}
	return op
}

// What a call says in the end, and when, by what each attempt says.
func TestCalls(t *testing.T) {
	type attempt struct {
		kind  history.Kind
		err   string
		again bool
		takes time.Duration // forever: until the context ends
	}
	const forever = time.Hour
	tests := []struct {
		name     string
		attempts []attempt
		want     string
		at       time.Duration
	}{
		{"at once", []attempt{{history.Ok, "", false, 0}}, "ok n1", 0},
		{"slow", []attempt{{history.Ok, "", false, 300 * time.Millisecond}}, "ok n1", 300 * time.Millisecond},
		{"fail without another attempt", []attempt{{history.Fail, "mismatch", false, 0}}, "fail n1 mismatch", 0},
		{"another node after the pause", []attempt{{history.Fail, "no leader", true, 0}, {history.Ok, "", false, 0}},
			"ok n2", 20 * time.Millisecond},
		{"an attempt has its limit", []attempt{{history.Info, "timeout", true, forever}, {history.Ok, "", false, 0}},
			"ok n2", 420 * time.Millisecond},
		{"unknown before fail is unknown", []attempt{{history.Info, "timeout", true, forever},
			{history.Fail, "refused", false, 0}}, "info n2 timeout", 420 * time.Millisecond},
		{"the call has its limit", []attempt{{history.Info, "timeout", true, forever},
			{history.Info, "timeout", true, forever}, {history.Info, "timeout", true, forever}}, "info n3 timeout",
			time.Second},
		{"no completion", []attempt{{history.Invoke, "", false, 0}}, "info n1 client returned no completion",
			400 * time.Millisecond},
		{"a node that hangs up at once", []attempt{{history.Info, "EOF", false, 0}}, "info n1 EOF",
			400 * time.Millisecond},
		{"a node that hangs up late", []attempt{{history.Info, "EOF", false, 390 * time.Millisecond}}, "info n1 EOF",
			400 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				made := 0
				l := live.NewClients(config(&target{invoke: func(ctx context.Context, op history.Op) cluster.Answer {
					a := tt.attempts[made]
					made++
					select {
					case <-time.After(a.takes):
					case <-ctx.Done():
					}
					return answered(op, a.kind, a.err, a.again)
				}}))
				defer l.Close()
				l.Invoke(read(0))
				op := next(t, l)
				got := fmt.Sprint(op.Kind, " ", op.Node)
				if op.Err != "" {
					got += " " + op.Err
				}
				if got != tt.want || op.Time != tt.at {
					t.Errorf("got %s at %v, want %s at %v", got, op.Time, tt.want, tt.at)
				}
				if made != len(tt.attempts) {
					t.Errorf("%d attempts were made, want %d", made, len(tt.attempts))
				}
			})
		})
	}
}

// A node that cannot be dialled has not heard of the call: the next node is asked, and if none can
// be, the call fails.
func TestDialErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := &target{
			invoke: func(_ context.Context, op history.Op) cluster.Answer {
				return answered(op, history.Ok, "", false)
			},
			dial: func(addr string) error {
				if addr == "n1:1" {
					return errors.New("dial n1: refused")
				}
				return nil
			},
		}
		l := live.NewClients(config(tg))
		l.Invoke(read(0))
		if op := next(t, l); op.Kind != history.Ok || op.Node != "n2" {
			t.Errorf("got %v of %s, want ok of n2", op.Kind, op.Node)
		}
		tg.dial = func(string) error { return errors.New("refused") }
		l.Invoke(read(1))
		if op := next(t, l); op.Kind != history.Fail || op.Err != "refused" {
			t.Errorf("got %v %q, want fail: nothing was ever sent", op.Kind, op.Err)
		}
		l.Close()
	})
}

// A process keeps its clients from call to call, gets new ones where a node has moved, and loses
// them with an info (H4) and at the end.
func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kind := history.Ok
		tg := &target{invoke: func(_ context.Context, op history.Op) cluster.Answer {
			return answered(op, kind, "", false)
		}}
		c := config(tg)
		port := 1
		c.Addr = func(n history.NodeID) string { return fmt.Sprintf("%s:%d", n, port) }
		l := live.NewClients(c)
		call := func(p history.Process) {
			l.Invoke(read(p))
			next(t, l)
			synctest.Wait()
		}
		call(0)
		call(0)
		call(1)
		port = 2
		call(0)
		kind = history.Info
		call(1)
		want := map[string]int{"0→n1:1": 0, "1→n1:1": 0, "0→n1:2": 1, "1→n1:2": 0}
		if d := cmp.Diff(want, tg.connected); d != "" {
			t.Errorf("connected (-want +got):\n%s", d)
		}
		l.Close()
		want["0→n1:2"] = 0
		if d := cmp.Diff(want, tg.connected); d != "" {
			t.Errorf("connected once closed (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{"0→n1:1", "1→n1:1", "0→n1:2", "1→n1:2"}, tg.dialled); d != "" {
			t.Errorf("dialled (-want +got):\n%s", d)
		}
	})
}

func TestPanicIsInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live.NewClients(config(&target{invoke: func(context.Context, history.Op) cluster.Answer {
			panic("ouch")
		}}))
		defer l.Close()
		l.Invoke(read(4))
		if op := next(t, l); op.Kind != history.Info || op.Process != 4 || op.Err != "panic: ouch" {
			t.Errorf("a client's panic became %+v, want info of process 4", op)
		}
		var first *cluster.PanicError
		if err := l.Panicked(); !errors.As(err, &first) || first.Value != "ouch" ||
			!strings.Contains(string(first.Stack), "TestPanicIsInfo") {
			t.Errorf("the cluster does not tell of the panic: %v", err)
		}
		l.Do(history.Op{Process: history.Nemesis, F: "kill"}, func(context.Context) history.Op { panic("ouch") })
		if op := next(t, l); op.Kind != history.Info || op.F != "kill" || op.Err != "panic: ouch" {
			t.Errorf("a fault's panic became %+v, want info of kill", op)
		}
	})
}

// Close ends calls, pauses between attempts and faults that are under way; their completions can be
// taken afterwards.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live.NewClients(config(&target{invoke: func(ctx context.Context, op history.Op) cluster.Answer {
			if op.Process == 0 {
				<-ctx.Done()
				return answered(op, history.Info, "cancelled", true)
			}
			return answered(op, history.Fail, "no leader", true)
		}}))
		l.Invoke(read(0))
		l.Invoke(read(1))
		l.Do(history.Op{Process: history.Nemesis, F: "kill"}, func(ctx context.Context) history.Op {
			<-ctx.Done()
			return history.Op{Process: history.Nemesis, F: "kill", Kind: history.Info, Err: ctx.Err().Error()}
		})
		synctest.Wait()
		for range 2 {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		l.Invoke(read(2))
		want := map[history.Process]string{0: "info cancelled", 1: "fail the cluster is closed",
			2: "fail the cluster is closed", history.Nemesis: "info context canceled"}
		got := map[history.Process]string{}
		for range want {
			op := next(t, l)
			got[op.Process] = op.Kind.String() + " " + op.Err
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if op, ok := l.Next(t.Context(), time.Hour); ok || l.Now() != 0 {
			t.Errorf("Next of a closed, empty cluster said %v, %v at %v, want false at once", op, ok, l.Now())
		}
	})
}

func TestNextWaitsUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live.NewClients(config(&target{invoke: func(_ context.Context, op history.Op) cluster.Answer {
			time.Sleep(50 * time.Millisecond)
			return answered(op, history.Ok, "", false)
		}}))
		defer l.Close()
		l.Invoke(read(0))
		if op, ok := l.Next(t.Context(), 30*time.Millisecond); ok || l.Now() != 30*time.Millisecond {
			t.Errorf("Next said %v, %v at %v, want false at 30ms", op, ok, l.Now())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if op, ok := l.Next(ctx, time.Hour); ok || l.Now() != 30*time.Millisecond {
			t.Errorf("Next said %v, %v at %v, want false at once: its context is done", op, ok, l.Now())
		}
		if op, ok := l.Next(t.Context(), time.Hour); !ok || op.Time != 50*time.Millisecond {
			t.Errorf("Next said %v, %v, want the completion at 50ms", op, ok)
		}
	})
}

// L1 and L2, for any calls and any driver: a history in the driver's order is one, and no interval
// is shrunk.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		takes := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 20).Draw(rt, "takes")
		idles := rapid.SliceOfN(rapid.IntRange(0, 5), len(takes), len(takes)).Draw(rt, "idles")
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			ends := make([]time.Duration, len(takes))
			l := live.NewClients(config(&target{invoke: func(_ context.Context, op history.Op) cluster.Answer {
				time.Sleep(time.Duration(takes[op.Process]) * time.Millisecond)
				ends[op.Process] = time.Since(start)
				return answered(op, history.Ok, "", false)
			}}))
			defer l.Close()
			var ops []history.Op
			record := func(op history.Op) { ops = append(ops, op) }
			for i, idle := range idles {
				op := read(history.Process(i))
				op.Time = l.Now()
				record(op)
				l.Invoke(op)
				time.Sleep(time.Duration(idle) * time.Millisecond) // the driver is busy, and completions wait
				if idle%2 == 0 {
					if op, ok := l.Next(t.Context(), 0); ok {
						record(op)
					}
				}
			}
			for len(ops) < 2*len(takes) {
				op, ok := l.Next(t.Context(), time.Hour)
				if !ok {
					t.Fatal("a call was not completed")
				}
				record(op)
			}
			if _, err := history.New(ops); err != nil {
				t.Error(err)
			}
			for _, op := range ops {
				if op.Kind == history.Ok && op.Time < ends[op.Process] {
					t.Errorf("the call of process %d ended at %v and is stamped %v", op.Process, ends[op.Process],
						op.Time)
				}
			}
		})
	})
}

// OnStatus hears of a node's first status and of every change; a node that does not answer is down,
// and delays no other.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		tg := &target{status: func(ctx context.Context, addr string) (cluster.Status, error) {
			s := cluster.Status{Up: true, Role: "follower", Leader: "n1"}
			paused := addr == "n2:1" && time.Since(start) > time.Second && time.Since(start) < 2*time.Second
			switch {
			case addr == "n1:1":
				s.Role = "leader"
			case paused:
				<-ctx.Done()
				return cluster.Status{}, ctx.Err()
			case addr == "n3:1":
				return cluster.Status{}, errors.New("refused")
			}
			return s, nil
		}}
		c := config(tg)
		got := map[history.NodeID][]string{}
		c.OnStatus = func(_ time.Duration, n history.NodeID, s cluster.Status) {
			got[n] = append(got[n], fmt.Sprint(s.Up, " ", s.Role))
		}
		l := live.NewClients(c)
		time.Sleep(3 * time.Second)
		l.Close()
		want := map[history.NodeID][]string{"n1": {"true leader"}, "n2": {"true follower", "false ", "true follower"},
			"n3": {"false "}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}
