package txn

import (
	"context"
	"slices"
)

// questions are the levels that polygraphs decide, the weakest first, each with the anomaly that is
// there where the answer is no: whichever way the versions are ordered there is a cycle that the
// level proscribes, and a G2-item is the mildest of those.
var questions = func() []question {
	dependencies := every &^ (1<<process | 1<<wwProcess | 1<<rwProcess | 1<<realtime | 1<<wwRealtime | 1<<rwRealtime)
	all := []question{{consistentView, dependencies, single, "G-single", "G-single"}}
	for _, v := range []struct {
		suffix                 string
		more                   mask
		snapshot, serializable level
	}{
		{"", 0, snapshotIsolation, serializable},
		{"-process", 1<<process | 1<<wwProcess | 1<<rwProcess, sessionSnapshotIsolation, sessionSerializable},
		{"-realtime", every, strongSnapshotIsolation, strictSerializable},
	} {
		name := "G-nonadjacent" + v.suffix
		all = append(all, question{v.snapshot, dependencies | v.more, apart, name, name})
		if v.suffix == "" {
			all = append(all, question{repeatableRead, dependencies &^ (1 << rwPredicate), anyCycle, "G2-item",
				"G2-item"})
		}
		all = append(all, question{v.serializable, dependencies | v.more, anyCycle, "G2-item" + v.suffix,
			"G2" + v.suffix})
	}
	return all
}()

type question struct {
	level       level
	kinds       mask
	no          proscribed
	items       string // the anomaly
	ofPredicate string // what it is called if it rests on what a predicate read did not find
}

// fewNodes is how large a graph may be if every open level is to be decided, not only the one that
// was asked for.
const fewNodes = 1000

// decide takes up the levels that no cycle of known dependencies rules out and that are not proved
// (X9), the one that is asked for at least, and adds to what is proved (X13). It wants a history
// without anomaly of its own kind. An error is that of ctx.
func (f *findings) decide(ctx context.Context, g *graph, asked, proved level) (level, error) {
	wanted := asked
	if g.nodes <= fewNodes {
		wanted = everyLevel
	}
	open := func() level { return wanted &^ (proved | f.ruledOut()) }
	if open() == 0 {
		return proved, nil
	}
	if r := f.registers; r != nil {
		shown, err := r.proveByOrder(ctx, open(), f.ruledOut(), g.fewSteps(), nil)
		if err != nil {
			return 0, err
		}
		if proved |= shown; open() == 0 {
			return proved, nil
		}
	}
	if causal&^(proved|f.ruledOut()) != 0 {
		shown, err := f.causal(ctx, g, wanted&causal != 0)
		if err != nil {
			return 0, err
		}
		proved |= shown
	}
	if open() == 0 {
		return proved, nil
	}
	pairs, readers := f.pairs()
	all := len(pairs) < mostPairs
	ask := func(q question) *polygraph { return newPolygraph(ctx, g, pairs, readers, q, nil) }
	if r := f.registers; r != nil {
		guide := ask
		if !all {
			guide = nil
		}
		shown, err := r.proveByOrder(ctx, open(), f.ruledOut(), g.manySteps(), guide)
		if err != nil {
			return 0, err
		}
		proved |= shown
	}
	for _, q := range questions {
		if !all || open()&q.level == 0 {
			continue
		}
		p := ask(q)
		switch why := p.solve(); {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case why != nil:
			f.refuted(ctx, g, pairs, readers, q, p, why)
		case !p.gaveUp:
			proved |= below(q.level)
		}
	}
	return proved, nil
}

// pairs are all two transactions that wrote a register, or appended to a list what nobody read; so
// many at most that they are no longer asked of. With them comes who read a version.
func (f *findings) pairs() (all []pair, readers readers) {
	readers = func(int32, int32) []int32 { return nil }
	add := func(p pair) bool {
		if len(all) < mostPairs {
			all = append(all, p)
		}
		return len(all) < mostPairs
	}
	if r := f.registers; r != nil {
		for k := range r.of {
			versions := r.of[k].versions
			for i := 1; i < len(versions); i++ {
				for j := 1; j < i; j++ {
					if !add(pair{literal: literal{int32(k), versions[j].writer, versions[i].writer},
						versions: [2]int32{int32(j), int32(i)}}) {
						return all, readers
					}
				}
			}
		}
		return all, func(key, version int32) []int32 { return r.of[key].versions[version].readers }
	}
	for k, late := range f.lists.late {
		for i := range late {
			for j := range late[:i] {
				if !add(pair{literal: literal{int32(k), late[j], late[i]}}) {
					return all, readers
				}
			}
		}
	}
	return all, readers
}

// witnesses are transactions that show that others committed of which nobody knows how they ended:
// each read something of theirs.
func (f *findings) witnesses(of []int32) []int32 {
	var all []int32
	for _, x := range of {
		if f.txns[x].end != none {
			continue
		}
		for _, m := range f.did(x) {
			if !m.write {
				continue
			}
			if r := f.registers; r != nil {
				if readers := r.of[m.key].versions[r.at[m.value]].readers; len(readers) > 0 {
					all = append(all, readers[0])
					break
				}
			} else if f.values[m.value].place != none {
				all = append(all, f.lists.of[m.key].reader)
				break
			}
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}
