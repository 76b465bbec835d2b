package harness_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// liveTarget is a target whose calls are answered by a function.
type liveTarget struct {
	cluster.Target
	answer func(ctx context.Context, op history.Op) history.Op
}

func (t liveTarget) Dial(context.Context, string, cluster.Session) (cluster.Client, error) {
	return t, nil
}
func (t liveTarget) Close() error { return nil }

func (t liveTarget) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	return cluster.Answer{Op: t.answer(ctx, op)}
}

// clients are a live cluster of one node.
func clients(answer func(ctx context.Context, op history.Op) history.Op) *live.Clients {
	return live.NewClients(live.Config{
		Target: liveTarget{answer: answer}, Nodes: []history.NodeID{"n1"}, Object: "set", Run: "r",
		Retry: cluster.Retry{Timeout: time.Hour, Attempt: time.Hour, Pause: time.Second},
		Addr:  func(history.NodeID) string { return "n1:1" },
	})
}

// A live run that fails fast does not wait for a call that hangs: neither for the verdict, nor for
// the end. Models without an algorithm of their own wait for such a call until they are asked to
// look.
func TestFailFastDoesNotWaitForACallThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hung atomic.Int64 // its process
		var calls atomic.Int32
		c := clients(func(ctx context.Context, op history.Op) history.Op {
			if calls.Add(1) == 1 {
				hung.Store(int64(op.Process))
				<-ctx.Done()
				op.Kind = history.Info
				return op
			}
			time.Sleep(time.Millisecond)
			switch op.Kind = history.Ok; op.F {
			case "read":
				op.Value = json.RawMessage("[]") // whatever was added
			case "remove":
				op.Value = json.RawMessage(fmt.Sprintf("[%s,true]", op.Value))
			}
			return op
		})
		workload, _ := workloads.Named("set")
		x := harness.Experiment{Workload: workload, Plan: plan.Plan{
			Target: "raft", Workload: "set", Concurrency: "5", Rate: 100, Seed: 1, FailFast: true,
			TimeLimit: plan.Duration(30 * time.Minute), HealLimit: plan.Duration(time.Second),
			Set: map[string]string{"ops-per-key": "1000000"},
		}}
		var rec history.Recorder
		if _, err := x.Run(t.Context(), c, &rec, nil); err != nil {
			t.Fatal(err)
		}
		if now := c.Now(); now > 10*time.Second {
			t.Errorf("the run took %v of the 30 minutes that it may take", now)
		}
		h := lines(t, &rec)
		for _, call := range h.Calls() {
			if op := h.Ops[call.Invoke]; (call.Complete < 0) != (int64(op.Process) == hung.Load()) {
				t.Errorf("%v of process %d: completion %d; only the call that hangs has none",
					op.F, op.Process, call.Complete)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A context that ends because enough was seen is no failure: the run heals, and has a history.
func TestARunThatHasShownEnoughFromOutside(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var rec history.Recorder
	_, err := harness.Run(ctx, harness.Test{
		Cluster: &slow{}, Generator: reads(1_000_000), Processes: 2, Recorder: &rec,
		OnEvent: func(op *history.Op) {
			if op.Index == 20 {
				cancel(harness.ErrSeen)
			}
		},
	})
	if n := len(lines(t, &rec).Ops); err != nil || n > 30 {
		t.Errorf("%v after %d events, want no error soon after 20", err, n)
	}
}
