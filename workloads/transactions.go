package workloads

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

// transaction encodes micro-operations as a call: [["r",key,null],["append",key,value] ...].
func transaction(micro ...json.RawMessage) history.Op {
	value := json.RawMessage{'['}
	for i, m := range micro {
		if i > 0 {
			value = append(value, ',')
		}
		value = append(value, m...)
	}
	return history.Op{F: "txn", Value: append(value, ']')}
}

func micro(f, key string, value json.RawMessage) json.RawMessage {
	text := strconv.AppendQuote(append(strconv.AppendQuote(json.RawMessage{'['}, f), ','), key)
	return append(append(append(text, ','), value...), ']')
}

func reading(key string) json.RawMessage { return micro("r", key, null) }

// touched returns the keys of a transaction's micro-operations, with repetitions.
func touched(op *history.Op) []string {
	var all [][]json.RawMessage
	if json.Unmarshal(op.Value, &all) != nil {
		return nil
	}
	var keys []string
	for _, m := range all {
		var key string
		if len(m) == 3 && json.Unmarshal(m[1], &key) == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// together is the number of keys that a final transaction reads.
const together = 6

// readTogether reads every key once at every node, several keys per transaction.
func readTogether(o Options, keys []string) generator.Generator {
	var reads []history.Op
	for some := range slices.Chunk(keys, together) {
		var micros []json.RawMessage
		for _, key := range some {
			micros = append(micros, reading(key))
		}
		reads = append(reads, everywhere(o, transaction(micros...))...)
	}
	return generator.Ops(reads...)
}

// everywhere returns op once for every node.
func everywhere(o Options, op history.Op) []history.Op {
	if len(o.Nodes) == 0 {
		return []history.Op{op}
	}
	ops := make([]history.Op, len(o.Nodes))
	for i, n := range o.Nodes {
		ops[i], ops[i].Node = op, n
	}
	return ops
}

// pool holds the things that transactions choose from: a key, a pair or a group. Things are
// numbered from 0. Each place holds one thing at a time; after a number of uses the thing is
// replaced by the next new one (W3).
type pool struct {
	places [4]place
	live   int // places in use
	begun  int // things begun so far
	uses   int // uses of one thing
}

type place struct{ thing, used int }

func newPool(o Options, live, uses int) pool {
	p := pool{live: live, begun: live, uses: uses}
	if o.OpsPerKey > 0 {
		p.uses = o.OpsPerKey
	}
	for i := range live {
		p.places[i].thing = i
	}
	return p
}

// use counts a use of the thing in place i. It returns the thing's number and the number of the
// use, from 1.
func (p *pool) use(i int) (thing, nth int) {
	at := &p.places[i]
	at.used++
	thing, nth = at.thing, at.used
	if at.used >= p.uses {
		*at = place{thing: p.begun}
		p.begun++
	}
	return thing, nth
}

func (p *pool) draw(ctx generator.Context) int { return ctx.Rand.IntN(p.live) }

func keyName(i int) string { return "k" + strconv.Itoa(i) }
