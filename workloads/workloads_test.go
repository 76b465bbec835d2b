package workloads_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/generator/gentest"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/workloads"
)

// object is one copy of the store behind an unreliable network. A call takes effect when it is
// invoked.
type object struct {
	name   string
	store  *kv.Store
	rand   *rand.Rand
	broken bool // one call in thirty is acknowledged and forgotten; of a transfer, only the second half
	keys   []string

	touched func(*history.Op) []string // keys of a call, from its workload
}

func (o *object) complete(op history.Op) (history.Op, time.Duration) {
	takes := time.Duration(o.rand.IntN(5000)) * time.Microsecond
	keys := []string{op.Key}
	if o.touched != nil {
		keys = o.touched(&op)
	}
	for _, key := range keys {
		if !slices.Contains(o.keys, key) {
			o.keys = append(o.keys, key)
		}
	}
	fate := o.rand.IntN(100)
	switch fate {
	case 0:
		op.Kind = history.Fail
		return op, takes
	case 1:
		op.Kind = history.Info
		return op, takes
	}
	before := o.store.Snapshot()
	command := kv.Command{Object: o.name, F: op.F, Key: op.Key, Value: op.Value}
	result, err := kv.DecodeResult(o.store.Apply(command.Encode()))
	if err != nil {
		panic(err)
	}
	if o.broken && o.rand.IntN(30) == 0 {
		if err := o.store.Restore(before); err != nil {
			panic(err)
		}
		o.store.Apply(firstHalf(op).Encode())
	}
	switch {
	case fate == 2:
		op.Kind = history.Info
	case !result.OK:
		op.Kind, op.Err = history.Fail, result.Err
	default:
		op.Kind = history.Ok
		if len(result.Value) > 0 {
			op.Value = result.Value
		}
	}
	return op, takes
}

// firstHalf is the withdrawal of a transfer; any other call has none.
func firstHalf(op history.Op) kv.Command {
	var transfer struct{ From, Amount json.RawMessage }
	if op.F != "transfer" || json.Unmarshal(op.Value, &transfer) != nil {
		return kv.Command{}
	}
	return kv.Command{Object: "bank", F: "withdraw", Key: strings.Trim(string(transfer.From), `"`),
		Value: transfer.Amount}
}

// run makes a history of the given number of calls of a workload, and its final calls.
func run(t *testing.T, w workloads.Workload, o workloads.Options, calls int, broken bool) *history.History {
	t.Helper()
	obj := &object{name: w.Object, store: kv.New(), rand: rand.New(rand.NewPCG(1, 2)), broken: broken, touched: w.Keys}
	world := gentest.World{Clients: 10, Seed: 5, Complete: obj.complete}
	final := generator.Lazy(func(generator.Context) generator.Generator { return w.Final(o, obj.keys) })
	events, err := world.Run(generator.Clients(generator.Phases(generator.Limit(calls,
		generator.Rate(1000, w.Generator(o))), final)))
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.New(events)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func judge(t *testing.T, w workloads.Workload, h *history.History) checker.Result {
	t.Helper()
	if w.Model == "" {
		return checker.All(w.Name, w.Check(workloads.Options{})...).Check(t.Context(), h)
	}
	c, err := linear.New(w.Model, linear.Options{Timeout: 20 * time.Second})
	if slices.Contains(txn.Models(), w.Model) {
		c, err = txn.New(w.Model, txn.Strictest)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Check(t.Context(), h)
}

func TestWorkloads(t *testing.T) {
	o := workloads.Options{Nodes: []history.NodeID{"n1", "n2", "n3"}}
	for _, w := range workloads.All() {
		t.Run(w.Name, func(t *testing.T) {
			judged := slices.Contains(append(model.Names(), txn.Models()...), w.Model) ||
				w.Model == "" && w.Check != nil
			if w.Doc == "" || !slices.Contains(kv.Objects(), w.Object) || !judged {
				t.Errorf("workload is not whole: %+v", w)
			}
			h := run(t, w, o, 1500, false)
			oks := map[string]int{}
			for _, c := range h.Calls() {
				if h.Kind(c) == history.Ok {
					oks[h.Invocation(c).F]++
				}
			}
			for _, f := range w.Calls {
				if oks[f] < 100 {
					t.Errorf("of 1500 calls only %d %s succeeded", oks[f], f)
				}
				if kv.Check(w.Object, f) != nil {
					t.Errorf("%s has no call %s", w.Object, f)
				}
			}
			if len(oks) != len(w.Calls) {
				t.Errorf("calls are %v, the workload names %v", oks, w.Calls)
			}
			if r := judge(t, w, h); r.Verdict != checker.Valid {
				t.Errorf("a correct object is %s: %s", r.Verdict, r.Reason)
			}
			if r := judge(t, w, run(t, w, o, 1500, true)); r.Verdict != checker.Invalid {
				t.Errorf("an object that forgets calls is %s: %s", r.Verdict, r.Reason)
			}
		})
	}
}

func TestNamed(t *testing.T) {
	for _, w := range workloads.All() {
		if got, ok := workloads.Named(w.Name); !ok || got.Name != w.Name {
			t.Errorf("workload %s is not found by its name", w.Name)
		}
	}
	if _, ok := workloads.Named("nothing"); ok {
		t.Error("there is a workload called nothing")
	}
}

func TestRegisterValuesAreUniqueWithinAKey(t *testing.T) {
	w, _ := workloads.Named("register")
	seen := map[string]bool{}
	for _, op := range run(t, w, workloads.Options{}, 2000, false).Ops {
		if op.Kind == history.Invoke && op.F == "write" {
			id := op.Key + "=" + string(op.Value)
			if seen[id] {
				t.Fatalf("%s is written twice", id)
			}
			seen[id] = true
		}
	}
	few := map[string]bool{}
	for _, op := range run(t, w, workloads.Options{Values: 3}, 2000, false).Ops {
		if op.Kind == history.Invoke && op.F == "write" {
			few[string(op.Value)] = true
		}
	}
	if len(seen) < 300 || len(few) != 3 {
		t.Errorf("%d unique writes, and %v of 3 values", len(seen), few)
	}
}

func TestKeysAreGivenUp(t *testing.T) {
	w, _ := workloads.Named("append")
	h := run(t, w, workloads.Options{OpsPerKey: 40, PerKey: 4}, 1000, false)
	count := map[string]int{}
	processes := map[string]map[history.Process]bool{}
	for _, op := range h.Ops {
		if op.Kind == history.Invoke {
			count[op.Key]++
			if processes[op.Key] == nil {
				processes[op.Key] = map[history.Process]bool{}
			}
			processes[op.Key][op.Process%10] = true
		}
	}
	for key, n := range count {
		if n > 45 {
			t.Errorf("key %s had %d calls, want about 40", key, n)
		}
	}
	if len(count) < 20 || len(processes["k0"]) > 7 {
		t.Errorf("%d keys; k0 was called by threads %v", len(count), processes["k0"])
	}
}

// finish makes the final calls of a workload for k0, twice, like a run that waits for progress
// first.
func finish(t *testing.T, w workloads.Workload, obj *object) []history.Op {
	t.Helper()
	world := gentest.World{Clients: 2, Complete: func(op history.Op) (history.Op, time.Duration) {
		done, takes := obj.complete(op)
		return done, takes + time.Millisecond
	}}
	final := w.Final(workloads.Options{}, []string{"k0"})
	events, err := world.Run(generator.Clients(generator.Phases(generator.UntilOk(generator.Cycle(final)), final)))
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// A lock held by a vanished client must not look like a stuck cluster.
func TestALockHeldForEverIsNoLackOfProgress(t *testing.T) {
	w, _ := workloads.Named("lock")
	obj := &object{name: w.Object, store: kv.New(), rand: rand.New(rand.NewPCG(1, 2))}
	obj.store.Apply(kv.Command{Object: w.Object, F: "acquire", Key: "k0"}.Encode())
	events := finish(t, w, obj)
	if !slices.ContainsFunc(events, func(op history.Op) bool { return op.Kind == history.Ok }) {
		t.Errorf("no final call succeeded: %v", events)
	}
}

func TestDrainEnqueuesNoElementTwice(t *testing.T) {
	w, _ := workloads.Named("queue")
	obj := &object{name: w.Object, store: kv.New(), rand: rand.New(rand.NewPCG(1, 2))}
	seen := map[string]bool{}
	for _, op := range finish(t, w, obj) {
		if op.Kind != history.Invoke || op.F != "enqueue" {
			continue
		}
		if seen[string(op.Value)] {
			t.Errorf("%s is enqueued twice", op.Value)
		}
		seen[string(op.Value)] = true
	}
	if len(seen) < 2 {
		t.Errorf("enqueued only %v", seen)
	}
}

// A queue that loses its tail is found only because an element is enqueued behind it before it is
// drained.
func TestDrainConvictsALostTail(t *testing.T) {
	w, _ := workloads.Named("queue")
	ops := []history.Op{
		{Process: 0, Kind: history.Invoke, F: "enqueue", Key: "k0", Value: []byte("1")},
		{Process: 0, Kind: history.Ok, F: "enqueue", Key: "k0", Value: []byte("1")},
	}
	lossy := &object{name: w.Object, store: kv.New(), rand: rand.New(rand.NewPCG(1, 7))}
	world := gentest.World{Clients: 1, Complete: lossy.complete}
	final, err := world.Run(generator.Clients(w.Final(workloads.Options{}, []string{"k0"})))
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.New(append(ops, final...))
	if err != nil {
		t.Fatal(err)
	}
	if r := judge(t, w, h); r.Verdict != checker.Invalid {
		t.Errorf("a queue that lost its only element is %s:\n%s", r.Verdict, fmt.Sprint(final))
	}
}
