package workloads

import (
	"encoding/json"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var register = Workload{
	Name:   "register",
	Doc:    "Registers with reads, writes, and compare-and-set from the value last seen.",
	Object: "cas-register", Model: "cas-register",
	Calls:     []string{"read", "write", "cas"},
	Generator: func(o Options) generator.Generator { return registers(o, []string{"read", "read", "write", "cas"}) },
	Final:     readEverywhere,
}

var readWrite = Workload{
	Name:   "read-write",
	Doc:    "Registers with reads and writes only.",
	Object: "register", Model: "register",
	Calls:     []string{"read", "write"},
	Generator: func(o Options) generator.Generator { return registers(o, []string{"read", "write"}) },
	Final:     readEverywhere,
}

// cell is what the clients know about one register.
type cell struct {
	written int             // number of unique values used
	seen    json.RawMessage // the value of the latest completion; a cas from it often succeeds
}

// registers draws the calls in mix with equal probability.
func registers(o Options, mix []string) generator.Generator {
	value := func(ctx generator.Context, c *cell) json.RawMessage {
		if o.Values > 0 {
			return number(ctx.Rand.IntN(o.Values))
		}
		c.written++
		return number(c.written)
	}
	next := func(ctx generator.Context, c cell, _ history.Process) (history.Op, cell) {
		op := history.Op{F: mix[ctx.Rand.IntN(len(mix))], Value: null}
		switch op.F {
		case "write":
			op.Value = value(ctx, &c)
		case "cas":
			op.Value = pair(c.seen, value(ctx, &c))
		}
		return op, c
	}
	return keyed(o, 200, func(key string) generator.Generator {
		return &source[cell]{key, cell{seen: null}, next, see}
	})
}

// see learns a register's latest value from a completion.
func see(c cell, done *history.Op) cell {
	if done.Kind != history.Ok {
		return c
	}
	if done.F != "cas" {
		c.seen = done.Value
		return c
	}
	var change []json.RawMessage // [old, new], or [old, new, bool]
	if json.Unmarshal(done.Value, &change) == nil && len(change) >= 2 && !unmatched(done) {
		c.seen = change[1]
	}
	return c
}

// unmatched reports whether a conditional call was carried out and its condition did not hold:
// false, or [old, new, false].
func unmatched(done *history.Op) bool {
	var told []any
	return string(done.Value) == "false" || json.Unmarshal(done.Value, &told) == nil && len(told) == 3 &&
		told[2] == false
}

// pair writes [old, new].
func pair(before, after json.RawMessage) json.RawMessage {
	both := make(json.RawMessage, 0, len(before)+len(after)+3)
	both = append(append(append(both, '['), before...), ',')
	return append(append(both, after...), ']')
}
