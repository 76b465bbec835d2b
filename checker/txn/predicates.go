package txn

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// predicate is a predicate read, of all keys that have a value: micros[from:to] are the reads of
// the keys that it found, which are reads like any other; it did not find any other key of the
// history (X12).
type predicate struct{ txn, from, to int32 }

// initial returns who overwrote a key's initial version: the minimal known overwriters, those with
// no known predecessor among them. The rivals are the transactions that read that version by the
// key's name and wrote the key, ascending.
type initial struct{ writers, rivals []int32 }

// expand takes predicate reads apart. It comes when all keys are known, for the names in a result
// are strings, whatever the keys are.
func (t *trace) expand(modelName string) error {
	if len(t.predicates) == 0 {
		return nil
	}
	names := keyNames{trace: t, known: map[string]int32{}}
	packed := t.micros
	t.micros, t.predicates = make([]micro, 0, 2*len(packed)), t.predicates[:0]
	for i := range t.txns {
		x := &t.txns[i]
		did := packed[x.from:x.to]
		x.from = int32(len(t.micros))
		for _, m := range did {
			if !m.all {
				t.touch(m)
				continue
			}
			from := int32(len(t.micros))
			if err := names.found(modelName, m.list); err != nil {
				return fmt.Errorf("#%d: %w", x.op, err)
			}
			t.predicates = append(t.predicates, predicate{int32(i), from, int32(len(t.micros))})
		}
		x.to = int32(len(t.micros))
		t.forget(t.did(int32(i)))
	}
	return nil
}

// keyNames resolves the names of keys in results of predicate reads.
type keyNames struct {
	*trace
	known map[string]int32
	last  []int32 // of each key the result that named it last
	count int32   // of results
}

// found appends the reads of one result.
func (n *keyNames) found(modelName string, raw []byte) error {
	s := scanner{data: raw}
	if !s.take('{') {
		return fmt.Errorf("a predicate read returned %s, want {key: value}", brief(raw))
	}
	n.count++
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return fmt.Errorf("a predicate read returned %s, want {key: value}", brief(raw))
		}
		name := s.value()
		colon := s.take(':')
		v := s.value()
		if !colon || len(v) == 0 {
			return fmt.Errorf("a predicate read returned %s, want {key: value}", brief(raw))
		}
		key, err := n.key(name)
		if err != nil {
			return err
		}
		for int(key) >= len(n.last) {
			n.last = append(n.last, 0)
		}
		if n.last[key] == n.count {
			return fmt.Errorf("a predicate read returned %s twice", n.keys[key])
		}
		n.last[key] = n.count
		m := micro{key: key, value: none}
		if err := n.holds(modelName, &m, v); err != nil {
			return err
		}
		n.touch(m)
	}
	return nil
}

// key is the key that a name stands for: the string itself, or the key that is written so, as 1 is
// named "1". It is an error if the history has both.
func (n *keyNames) key(raw []byte) (int32, error) {
	if k, ok := n.known[string(raw)]; ok {
		return k, nil
	}
	var name string
	if err := json.Unmarshal(raw, &name); err != nil {
		return 0, fmt.Errorf("a predicate read returned the key %s, want a string", brief(raw))
	}
	text, err := canonical(raw)
	if err != nil {
		return 0, err
	}
	if n.looksLikeAnother(name) {
		return 0, fmt.Errorf("a predicate read returned %s, and there are keys that look alike", text)
	}
	k, isString := n.keyNumbers[string(text)]
	if other, err := canonical([]byte(name)); err == nil {
		if o, ok := n.keyNumbers[string(other)]; ok && isString {
			return 0, fmt.Errorf("a predicate read returned %s, and there are a key %s and a key %s", text, text, other)
		} else if ok {
			n.known[string(raw)] = o
			return o, nil
		}
	}
	if !isString {
		k, err = n.trace.key(text)
	}
	n.known[string(raw)] = k
	return k, err
}

// looksLikeAnother reports whether a name can denote several keys that EDN tells apart, as :x and
// "x": history names the kind of all of them but one.
func (n *keyNames) looksLikeAnother(name string) bool {
	for _, kind := range []string{"keyword", "string", "symbol", "char", "ratio", "number", "form"} {
		if strings.HasPrefix(name, "#"+kind+" ") {
			return true
		}
		if text, err := json.Marshal(map[string]string{"#" + kind: name}); err == nil {
			if _, there := n.keyNumbers[string(text)]; there {
				return true
			}
		}
	}
	return false
}

// absences draws an rw from every predicate read to those who first wrote the keys that it did not
// find, and reports transactions that contradict themselves about such a key.
//
// Keys that the transaction does not touch otherwise, nearly all of them, are drawn together: over
// the keys stands a binary tree of junctions whose leaves lead to the first writers, and as the
// keys that a transaction does touch leave few more gaps between them than they are, n
// transactions that read or found s keys in all have O((n + s) log m) edges over m keys. A path
// leads from the transaction down to a writer if and only if there would be an edge from it, and
// takes no other turns; the tree is entered by an rw only, so that it has the kind of that edge.
// No path returns to its start, because the transaction's own writes are not in a gap. A key that
// it touched is looked at by itself:
//
//   - read by name first and found initial: that read has an rw already, of which repeatable-read
//     takes notice;
//   - read by name first and not initial: found and not found without a write of its own in
//     between is a contradiction;
//   - written first, after the predicate read: a rival of all who found the key initial and wrote
//     it. Two of them are a lost update: the second had not seen the first;
//   - written before a predicate read that did not find it: a contradiction.
func (g *graph) absences(found *findings) {
	if len(g.predicates) == 0 {
		return
	}
	tree := newGaps(g)
	rivals := make([][]int32, len(g.keys))
	var touched []int32
	seen := make([]sighting, len(g.keys))
	for all := g.predicates; len(all) > 0; {
		n := 1
		for n < len(all) && all[n].txn == all[0].txn {
			n++
		}
		x := all[0].txn
		touched = g.sight(all[:n], seen, touched[:0])
		for _, key := range touched {
			switch s := &seen[key]; {
			case s.foundAfter < s.after:
				found.missing(x, key, true)
			case s.value && s.found < int32(n):
				found.missing(x, key, false)
			case s.rival:
				rivals[key] = append(rivals[key], x)
			}
			seen[key] = sighting{}
		}
		slices.Sort(touched)
		from := int32(0)
		for _, key := range touched {
			tree.gap(x, from, key)
			from = key + 1
		}
		tree.gap(x, from, int32(len(g.keys)))
		all = all[n:]
	}
	for k, readers := range rivals {
		of := &g.initial[k]
		both := slices.Concat(of.rivals, readers)
		slices.Sort(both)
		if len(of.writers) == 0 || len(readers) == 0 {
			continue
		}
		if len(of.rivals) < 2 && len(both) > 1 {
			found.lostUpdate(int32(k), none, both, true)
		}
		g.overwritten(readers, of.writers, both, rwPredicate, int32(k))
	}
}

// sighting is how a transaction with predicate reads met a key.
type sighting struct {
	touched, wrote bool
	value          bool  // it first read the key by name, and that had a value
	rival          bool  // it first wrote the key, after a predicate read
	found          int32 // how many of its predicate reads found the key
	foundAfter     int32 // how many of these came after it had written the key
	after          int32 // how many of its predicate reads came then
}

// sight follows a transaction's micro-operations and lists the keys that it touched.
func (g *graph) sight(all []predicate, seen []sighting, touched []int32) []int32 {
	x, made := &g.txns[all[0].txn], 0
	for i := x.from; i < x.to; i++ {
		for made < len(all) && all[made].from <= i {
			made++
		}
		m := &g.micros[i]
		s := &seen[m.key]
		if !s.touched {
			s.touched = true
			s.value = !m.write && (m.value != none || len(m.list) > 0)
			s.rival = m.write && made > 0
			touched = append(touched, m.key)
		}
		switch {
		case m.write && !s.wrote:
			s.wrote, s.after = true, int32(len(all)-made)
		case !m.write && made > 0 && i < all[made-1].to:
			s.found++
			if s.wrote {
				s.foundAfter++
			}
		}
	}
	return touched
}

// gaps is the tree of junctions over keys. Node i stands for what nodes 2i and 2i+1 do, and the
// leaves are the nodes from the number of keys on.
type gaps struct {
	*graph
	root  int32  // junction of node 0, which is not used
	leads []bool // whether a node leads anywhere
}

func newGaps(g *graph) *gaps {
	keys := int32(len(g.keys))
	t := &gaps{graph: g, root: g.nodes, leads: make([]bool, 2*keys)}
	g.nodes += 2 * keys
	for k := range keys {
		for _, w := range g.initial[k].writers {
			g.add(t.root+keys+k, w, pass, k)
			t.leads[keys+k] = true
		}
	}
	for node := keys - 1; node > 0; node-- {
		for _, child := range []int32{2 * node, 2*node + 1} {
			if t.leads[child] {
				g.add(t.root+node, t.root+child, pass, none)
				t.leads[node] = true
			}
		}
	}
	return t
}

// gap draws an rw from a transaction to the first writers of the keys from one up to another, that
// one not included: to the largest nodes that stand for nothing else.
func (t *gaps) gap(x, from, to int32) {
	keys := int32(len(t.keys))
	enter := func(node int32) {
		if t.leads[node] {
			t.add(x, t.root+node, rwPredicate, none)
		}
	}
	for l, r := from+keys, to+keys; l < r; l, r = l/2, r/2 {
		if l&1 != 0 {
			enter(l)
			l++
		}
		if r&1 != 0 {
			r--
			enter(r)
		}
	}
}
