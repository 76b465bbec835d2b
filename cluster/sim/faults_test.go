package sim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/history"
)

func TestHeldMessagesArriveInOneBurst(t *testing.T) {
	var arrived []time.Duration
	c := open(t, config(tiny{}, 2, 1), sim.Options{Trace: func(e sim.Event) {
		if e.What == sim.Delivered && e.To == "n2" {
			arrived = append(arrived, e.At)
		}
	}})
	if p, err := c.Hold(ctx, history.Grudge{"n2": {"n1"}}); err != nil || p.Text != "1 links held" {
		t.Fatal(p, err)
	}
	c.Next(ctx, time.Second)
	if len(arrived) > 0 {
		t.Errorf("%d messages passed a held link", len(arrived))
	}
	p, err := c.Release(ctx)
	c.Next(ctx, time.Second)
	want := fmt.Sprintf("%d messages waited and arrive at once", len(arrived))
	if err != nil || !p.Bit || p.Text != want || len(arrived) < 19 { // one every 50 ms
		t.Errorf("got %+v, %v, want %s", p, err, want)
	}
	for _, at := range arrived {
		if at != time.Second {
			t.Errorf("a message arrived at %v", at)
		}
	}
	if p, _ := c.Release(ctx); p.Bit {
		t.Errorf("nothing was held, but %+v", p)
	}
}

// ticks runs a node with wrong clocks for 100 s: how often it ticked, and what passed on its wall
// clock.
func ticks(t *testing.T, s cluster.Skew) (n int, wall time.Duration, c *sim.Cluster) {
	t.Helper()
	target := &clocked{}
	c = open(t, config(target, 1, 1), sim.Options{})
	if _, err := c.Skew(ctx, "n1", s); err != nil {
		t.Fatal(err)
	}
	c.Next(ctx, 100*time.Second)
	return target.watch.ticks, time.Duration(target.watch.wall-target.watch.first) + 10*time.Millisecond, c
}

func TestSkewedClocks(t *testing.T) {
	for _, test := range []struct {
		skew  cluster.Skew
		ticks int
		wall  time.Duration
		ended string
	}{
		{cluster.Skew{}, 10_000, 100 * time.Second, "off by 0s and ran fast by 0"},
		{cluster.Skew{Offset: time.Hour}, 10_000, 100 * time.Second, "off by 1h0m0s and ran fast by 0"},
		{cluster.Skew{Drift: 100_000}, 11_000, 110 * time.Second, "off by 10s and ran fast by 100000"},
		{cluster.Skew{Drift: -500_000}, 5_000, 50 * time.Second, "off by -50s and ran fast by -500000"},
	} {
		n, wall, c := ticks(t, test.skew)
		if n < test.ticks-1 || n > test.ticks+1 {
			t.Errorf("%+v: %d ticks, want %d", test.skew, n, test.ticks)
		}
		if off := wall - test.wall; off < -20*time.Millisecond || off > 20*time.Millisecond {
			t.Errorf("%+v: %v on the wall, want %v", test.skew, wall, test.wall)
		}
		p, err := c.Skew(ctx, "n1", cluster.Skew{})
		if err != nil || p.Bit != (test.skew != cluster.Skew{}) || !strings.Contains(p.Text, test.ended) {
			t.Errorf("%+v: ended with %+v, %v, want %s", test.skew, p, err, test.ended)
		}
	}
	_, _, c := ticks(t, cluster.Skew{})
	if _, err := c.Skew(ctx, "n1", cluster.Skew{Drift: -1_000_000}); err == nil {
		t.Error("stopped a clock")
	}
}

func TestSlowDiskDelaysAnswers(t *testing.T) {
	c := open(t, config(tiny{}, 1, 1), sim.Options{})
	if p, err := c.SlowDisk(ctx, "n1", 200*time.Millisecond); err != nil || !p.Bit {
		t.Fatal(p, err)
	}
	if op := finish(t, c, write(0, "n1", 1)); op.Kind != history.Ok || op.Time < 200*time.Millisecond {
		t.Errorf("%s at %v", brief(op), op.Time)
	}
	if p, err := c.SlowDisk(ctx, "n1", 0); err != nil || !p.Bit || p.Text != "1 syncs of n1 took 200ms longer" {
		t.Errorf("got %+v, %v", p, err)
	}
	before := c.Now()
	if op := finish(t, c, write(0, "n1", 1)); op.Kind != history.Ok || op.Time-before > 100*time.Millisecond {
		t.Errorf("%s after %v", brief(op), op.Time-before)
	}
}

func TestBrokenDisks(t *testing.T) {
	c := open(t, config(tiny{}, 1, 1), sim.Options{})
	finish(t, c, write(0, "n1", 7))
	if _, err := c.Wipe(ctx, "n1"); err == nil {
		t.Error("wiped the disk of a node that is up")
	}
	do(t, c.Kill, "n1")
	if p := do(t, c.Rot, "n1"); p.Text != "record 1 of n1 is damaged" {
		t.Errorf("got %+v", p)
	}
	if _, err := c.Start(ctx, "n1"); err == nil || err.Error() != "sim: node n1: record 1 of the log is damaged" {
		t.Errorf("started from a damaged log: %v", err)
	}
	if p := do(t, c.Wipe, "n1"); p.Text != "the 1 records of n1 are gone" {
		t.Errorf("got %+v", p)
	}
	do(t, c.Start, "n1")
	if op := finish(t, c, read(1, "n1")); brief(op) != "ok null n1" {
		t.Errorf("after the wipe: %s", brief(op))
	}
}

// What of a write is on disk, and what its client hears, after a crash at each moment.
func TestCrashAtPoint(t *testing.T) {
	for _, test := range []struct {
		moment cluster.Moment
		answer string
		after  string
	}{
		{cluster.BeforePersist, "info 7 n1 connection reset", "ok null n1"},
		{cluster.BeforeSend, "info 7 n1 connection reset", "ok 7 n1"},
		{cluster.AfterSend, "ok 7 n1", "ok 7 n1"},
	} {
		cfg := config(tiny{}, 1, 1)
		cfg.Retry = cluster.Retry{Timeout: time.Second, Attempt: time.Second, Pause: time.Second}
		c := open(t, cfg, sim.Options{})
		c.Next(ctx, time.Second)
		if p, err := c.CrashAt(ctx, "n1", "append", test.moment); err != nil || !p.Bit {
			t.Fatal(p, err)
		}
		if op := finish(t, c, write(0, "n1", 7)); brief(op) != test.answer {
			t.Errorf("%s: got %q, want %q", test.moment, brief(op), test.answer)
		}
		p := do(t, c.Start, "n1")
		if want := fmt.Sprintf("n1 had crashed at append, %s; it recovered", test.moment); !p.Bit ||
			!strings.HasPrefix(p.Text, want) {
			t.Errorf("%s: got %+v", test.moment, p)
		}
		if op := finish(t, c, read(1, "n1")); brief(op) != test.after {
			t.Errorf("%s: then got %q, want %q", test.moment, brief(op), test.after)
		}
	}
	c := open(t, config(tiny{}, 1, 1), sim.Options{})
	if _, err := c.CrashAt(ctx, "n1", "lunch", cluster.AfterSend); err == nil {
		t.Error("crashed at a point that the protocol has not")
	}
	if _, err := c.CrashAt(ctx, "n1", "append", "later"); err == nil {
		t.Error("crashed at no moment")
	}
	if _, err := c.CrashAt(ctx, "n1", "append", cluster.AfterSend); err != nil {
		t.Fatal(err)
	}
	if p := do(t, c.Start, "n1"); p.Bit || p.Text != "n1 never came to append" {
		t.Errorf("got %+v", p)
	}
	if op := finish(t, c, write(0, "n1", 1)); op.Kind != history.Ok {
		t.Errorf("disarmed: %s", brief(op))
	}
}

// In the middle of a write what is on disk afterwards is left to chance (S3), and no client has
// heard of it.
func TestCrashInMidPersist(t *testing.T) {
	times := map[string]int{}
	for seed := range uint64(20) {
		cfg := config(tiny{}, 1, seed)
		cfg.Retry = cluster.Retry{Timeout: time.Second, Attempt: time.Second, Pause: time.Second}
		c := open(t, cfg, sim.Options{})
		c.Next(ctx, time.Second)
		if _, err := c.CrashAt(ctx, "n1", "append", cluster.MidPersist); err != nil {
			t.Fatal(err)
		}
		if op := finish(t, c, write(0, "n1", 7)); brief(op) != "info 7 n1 connection reset" {
			t.Errorf("got %q", brief(op))
		}
		do(t, c.Start, "n1")
		times[brief(finish(t, c, read(1, "n1")))]++
	}
	if len(times) != 2 || times["ok null n1"] == 0 || times["ok 7 n1"] == 0 {
		t.Errorf("afterwards: %v, want now the write and now none", times)
	}
}

func TestNoSuchNode(t *testing.T) {
	c := open(t, config(tiny{}, 1, 1), sim.Options{})
	for name, f := range map[string]func(context.Context, history.NodeID) (cluster.Proof, error){
		"kill": c.Kill, "start": c.Start, "pause": c.Pause, "resume": c.Resume, "wipe": c.Wipe, "rot": c.Rot,
	} {
		if _, err := f(ctx, "n9"); err == nil || err.Error() != "sim: no node n9" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
