package workloads

import (
	"strconv"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

// Workload is what clients do and how it is judged. It knows no target and no backend.
type Workload struct {
	Name   string
	Doc    string   // one sentence
	Object string   // what a target must offer (cluster.Target's Objects)
	Model  string   // the sequential specification of each key; "" if only Check judges
	Calls  []string // every F that must succeed in a run

	// Keys returns the keys that a call touches; nil means the key that the operation names.
	Keys func(*history.Op) []string
	// Generator makes the clients' calls, without end (W1).
	Generator func(Options) generator.Generator
	// Final makes the calls after healing, for the keys that the run used.
	Final func(o Options, keys []string) generator.Generator
	// Check makes the checkers that go beyond Model; nil for none.
	Check func(Options) []checker.Checker
}

// Options steer a workload. A zero value stands for the default.
type Options struct {
	Nodes     []history.NodeID
	OpsPerKey int // calls (of transactions: writes) before a key is abandoned, within a tenth; default: the workload's
	PerKey    int // processes per key, default 5; the remainder joins the last group
	Values    int // draw values from 0 to Values-1 instead of unique ones; register and read-write only
}

// All lists the workloads.
func All() []Workload {
	return []Workload{
		register, readWrite, appendList, set, removal, counter, queue, lock, uniqueIDs,
		listAppend, rwRegister, bank, longFork, writeSkew,
	}
}

// Named returns the workload with the given name.
func Named(name string) (Workload, bool) {
	for _, w := range All() {
		if w.Name == name {
			return w, true
		}
	}
	return Workload{}, false
}

// Names lists the workloads' names.
func Names() []string {
	var names []string
	for _, w := range All() {
		names = append(names, w.Name)
	}
	return names
}

// keyed runs the calls of source on one key after another, ops on each unless o says otherwise.
func keyed(o Options, ops int, source func(key string) generator.Generator) generator.Generator {
	if o.OpsPerKey > 0 {
		ops = o.OpsPerKey
	}
	group := o.PerKey
	if group <= 0 {
		group = 5
	}
	name := func(i int) (string, bool) { return "k" + strconv.Itoa(i), true }
	return generator.EachKey(group, name, func(key string) generator.Generator {
		return generator.Lazy(func(ctx generator.Context) generator.Generator {
			n := ops - ops/10 + ctx.Rand.IntN(ops/5+1) // keys do not all change at once
			return generator.Limit(max(1, n), source(key))
		})
	})
}

// finally makes the calls of last for all keys, concurrently.
func finally(keys []string, last func(key string) generator.Generator) generator.Generator {
	each := func(i int) (string, bool) {
		if i >= len(keys) {
			return "", false
		}
		return keys[i], true
	}
	return generator.EachKey(1, each, last)
}

// readEverywhere reads every key once at every node.
func readEverywhere(o Options, keys []string) generator.Generator {
	reads := []history.Op{{F: "read", Value: null}}
	if len(o.Nodes) > 0 {
		reads = nil
		for _, n := range o.Nodes {
			reads = append(reads, history.Op{F: "read", Value: null, Node: n})
		}
	}
	return finally(keys, func(string) generator.Generator { return generator.Ops(reads...) })
}
