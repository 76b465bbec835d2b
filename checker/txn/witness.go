package txn

import (
	"cmp"
	"context"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// serial looks for an order of the committed transactions of an rw-register history that explains
// all reads: a proof that what no cycle rules out does hold (X13). It goes through the
// transactions as one database would, one after the other, by the known dependencies, and goes
// back where it gets stuck.
//
// A transaction can come next if all that it depends on has come, if it finds what it read, and if
// all others that read what it overwrites have come. Two sorts of those are taken at once, without
// ever going back on it:
//
//   - one that writes nothing: in any explanation of the rest it can be moved to the front, where
//     it reads the same;
//   - one that has read every key that it writes: no other that is left has read what it
//     overwrites, and in any explanation of the rest nobody writes before it what it has read,
//     because no version comes back. So it can be moved to the front too.
//
// What is left is which of several transactions comes first that write a key which they have not
// read. These are tried in the order of their ends. States from which there is no way on are
// remembered by a hash; two states with one hash can hide an explanation, never make one up.
type serial struct {
	*graph
	order  []int32 // nodes as they came
	degree []int32 // of each node, what it depends on and has not come
	first  []int32 // where a node's edges begin among the targets
	target []int32
	ready  []int32 // transactions that depend on nothing any more
	place  []int32 // of each transaction among them, or none
	now    []int32 // version that each key has, or none
	unread []int32 // of each version, how many transactions have yet to read it
	unseen []int32 // likewise of each key's initial version
	hash   [2]uint64

	replaced []int32 // versions, in the order in which they were
	work     []int32
	left     int // committed transactions that have not come
	budget   int // steps
}

// proveByOrder returns the strictest level not ruled out that an order of transactions proves and
// that implies an open level; 0 if the step budget ran out. Where there is a guide, what follows
// for its pairs leads the search, and where that finds nothing they are tried in the order of
// time. An error is that of ctx.
func (r *registers) proveByOrder(ctx context.Context, open, ruledOut level, steps int,
	guide func(question) *polygraph) (level, error) {
	for _, q := range slices.Backward(questions) {
		if q.no != anyCycle || q.level == repeatableRead || below(q.level)&open == 0 || q.level&ruledOut != 0 {
			continue
		}
		var p *polygraph
		var more []edge
		if guide != nil {
			if p = guide(q); p.follow() != nil {
				continue // there is none
			}
			more = p.trail
		}
		s := newSerial(r.graph, q.kinds, more, steps)
		found, err := s.search(ctx)
		if err != nil {
			return 0, err
		}
		if found && s.explains(q.level) || p != nil && !p.gaveUp && p.guess() {
			return below(q.level), nil
		}
	}
	return 0, nil
}

// The steps of a search for an order: those that one takes which meets hardly a choice, and those
// after which it gives up.
func (g *graph) fewSteps() int  { return 50 * int(g.nodes) }
func (g *graph) manySteps() int { return 100*int(g.nodes) + 2_000_000 }

func newSerial(g *graph, of mask, more []edge, steps int) *serial {
	s := &serial{graph: g, degree: make([]int32, g.nodes), first: make([]int32, g.nodes+1),
		place: make([]int32, len(g.txns)), now: make([]int32, len(g.keys)), unread: make([]int32, len(g.values)),
		unseen: make([]int32, len(g.keys)),
		budget: steps}
	edges := slices.DeleteFunc(slices.Concat(g.edges, more), func(e edge) bool { return !e.kind.in(of) })
	for _, e := range edges {
		s.first[e.from+1]++
		s.degree[e.to]++
	}
	for i := range g.nodes {
		s.first[i+1] += s.first[i]
	}
	s.target = make([]int32, s.first[g.nodes])
	next := slices.Clone(s.first)
	for _, e := range edges {
		s.target[next[e.from]] = e.to
		next[e.from]++
	}
	for k := range s.now {
		s.now[k] = none
	}
	for x := range s.txns {
		s.place[x] = none
		if s.txns[x].committed {
			s.left++
			s.reads(int32(x), func(key, version int32) bool {
				*s.waiting(key, version)++
				return true
			})
		}
	}
	var free []int32
	for node := range g.nodes {
		if s.degree[node] == 0 {
			free = append(free, node)
		}
	}
	for _, node := range free {
		if s.effective(node) {
			s.offer(node)
		} else {
			s.come(node)
		}
	}
	return s
}

// reads calls visit for what a transaction found of each key, until that is false.
func (s *serial) reads(x int32, visit func(key, version int32) bool) bool {
	for _, m := range s.did(x) {
		if !m.write && m.prev == none && !visit(m.key, m.value) {
			return false
		}
	}
	return true
}

// writes calls visit for what a transaction left of each key that it wrote, until that is false.
func (s *serial) writes(x int32, visit func(key, version int32) bool) bool {
	for _, m := range s.did(x) {
		if m.write && s.values[m.value].final && !visit(m.key, m.value) {
			return false
		}
	}
	return true
}

// waiting counts the transactions that have yet to read a version.
func (s *serial) waiting(key, version int32) *int32 {
	if version == none {
		return &s.unseen[key]
	}
	return &s.unread[version]
}

// effective says that a node is a committed transaction.
func (s *serial) effective(node int32) bool {
	return node < int32(len(s.txns)) && s.txns[node].committed
}

// offer makes a transaction ready, which depends on nothing any more.
func (s *serial) offer(x int32) {
	s.place[x] = int32(len(s.ready))
	s.ready = append(s.ready, x)
}

// withdraw removes a transaction from the ready ones.
func (s *serial) withdraw(x int32) {
	at, last := s.place[x], s.ready[len(s.ready)-1]
	s.ready[at], s.place[last] = last, at
	s.ready, s.place[x] = s.ready[:len(s.ready)-1], none
}

// come puts a node next in the order, and at once whatever depends on nothing then and is no
// transaction.
func (s *serial) come(node int32) {
	for work := append(s.work[:0], node); len(work) > 0; s.work = work {
		node, work = work[len(work)-1], work[:len(work)-1]
		s.order = append(s.order, node)
		s.budget--
		if s.effective(node) {
			s.carryOut(node)
		}
		for _, to := range s.target[s.first[node]:s.first[node+1]] {
			if s.degree[to]--; s.degree[to] > 0 {
				continue
			}
			if s.effective(to) {
				s.offer(to)
			} else {
				work = append(work, to)
			}
		}
	}
}

// carryOut changes the database by a transaction.
func (s *serial) carryOut(x int32) {
	s.left--
	s.turn(2 * uint64(x))
	s.reads(x, func(key, version int32) bool {
		*s.waiting(key, version)--
		return true
	})
	s.writes(x, func(key, version int32) bool {
		s.replaced = append(s.replaced, s.now[key])
		s.set(key, version)
		return true
	})
}

// back undoes the order from a place on.
func (s *serial) back(from int) {
	for i := len(s.order) - 1; i >= from; i-- {
		node := s.order[i]
		for _, to := range s.target[s.first[node]:s.first[node+1]] {
			if s.degree[to] == 0 && s.effective(to) {
				s.withdraw(to)
			}
			s.degree[to]++
		}
		if s.effective(node) {
			s.takeBack(node)
			s.offer(node)
		}
	}
	s.order = s.order[:from]
}

// takeBack undoes carryOut.
func (s *serial) takeBack(x int32) {
	s.left++
	s.turn(2 * uint64(x))
	s.reads(x, func(key, version int32) bool {
		*s.waiting(key, version)++
		return true
	})
	did := s.did(x)
	for i := len(did) - 1; i >= 0; i-- {
		if m := did[i]; m.write && s.values[m.value].final {
			last := len(s.replaced) - 1
			s.set(m.key, s.replaced[last])
			s.replaced = s.replaced[:last]
		}
	}
}

// set gives a key a version.
func (s *serial) set(key, version int32) {
	if s.now[key] != none {
		s.turn(2*uint64(s.now[key]) + 1)
	}
	if s.now[key] = version; version != none {
		s.turn(2*uint64(version) + 1)
	}
}

// turn takes something into the state's hash, or out of it.
func (s *serial) turn(what uint64) {
	for i := range s.hash {
		z := what*0x9e3779b97f4a7c15 + uint64(i+1)*0xd1342543de82ef95 // SplitMix64
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		s.hash[i] ^= z ^ z>>31
	}
}

// enabled says that a ready transaction can come next.
func (s *serial) enabled(x int32) bool {
	s.budget--
	if !s.reads(x, func(key, version int32) bool { return s.now[key] == version }) {
		return false
	}
	for _, m := range s.did(x) {
		if m.prev != none || !s.writesTo(x, m.key) {
			continue
		}
		own := int32(0)
		if !m.write {
			own = 1 // it read itself what it overwrites
		}
		if *s.waiting(m.key, s.now[m.key]) > own {
			return false
		}
	}
	return true
}

// blind says that a transaction writes a key that it has not read.
func (s *serial) blind(x int32) bool {
	return slices.ContainsFunc(s.did(x), func(m micro) bool { return m.write && m.prev == none })
}

// hurry lets come whatever can come without a choice.
func (s *serial) hurry() {
	for i := 0; i < len(s.ready); {
		if x := s.ready[i]; !s.blind(x) && s.enabled(x) {
			s.withdraw(x)
			s.come(x)
			i = 0
			continue
		}
		i++
	}
}

// choice is a state from which there are several ways on.
type choice struct {
	came int // how many had come
	of   []int32
	next int // that was not tried yet
	hash [2]uint64
}

// search says whether it has put all transactions into order. An error is that of ctx.
func (s *serial) search(ctx context.Context) (bool, error) {
	var choices []choice
	stuck := map[[2]uint64]bool{}
	for round := 0; ; round++ {
		if s.hurry(); s.left == 0 {
			return true, nil
		}
		if round%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if s.budget < 0 {
			return false, nil
		}
		at := choice{came: len(s.order), hash: s.hash}
		if !stuck[s.hash] {
			at.of = s.candidates()
		}
		choices = append(choices, at)
		for {
			c := &choices[len(choices)-1]
			s.back(c.came)
			if c.next < len(c.of) {
				x := c.of[c.next]
				c.next++
				s.withdraw(x)
				s.come(x)
				break
			}
			stuck[c.hash] = true
			if choices = choices[:len(choices)-1]; len(choices) == 0 {
				return false, nil
			}
		}
	}
}

// candidates are the transactions that can come next, in the order of their ends.
func (s *serial) candidates() []int32 {
	var all []int32
	for _, x := range s.ready {
		if s.enabled(x) {
			all = append(all, x)
		}
	}
	end := func(x int32) uint32 { return uint32(s.txns[x].end) } // none is the greatest
	slices.SortFunc(all, func(a, b int32) int { return cmp.Or(cmp.Compare(end(a), end(b)), cmp.Compare(a, b)) })
	return all
}

// explains goes through the order again, without regard to how it was found: every committed
// transaction comes once, reads what it finds, and follows those that the level says it must.
func (s *serial) explains(proved level) bool {
	now := make([]int32, len(s.keys))
	for k := range now {
		now[k] = none
	}
	came := make([]bool, len(s.txns))
	sessions := map[history.Process]int32{}
	latest := none                               // beginning of all that came
	valued, found := int32(0), map[int32]int32{} // keys that have a value; those that a predicate read found
	for _, p := range s.predicates {
		if !slices.ContainsFunc(s.did(p.txn), func(m micro) bool { return m.write }) {
			found[p.txn] = p.to - p.from
		}
	}
	for _, x := range s.order {
		if !s.effective(x) {
			continue
		}
		t := &s.txns[x]
		if came[x] || !s.reads(x, func(key, version int32) bool { return now[key] == version }) {
			return false
		}
		if last, ok := sessions[t.process]; ok && proved != serializable && t.begin < last {
			return false
		}
		if proved == strictSerializable && t.end != none && t.end < latest {
			return false
		}
		if n, reads := found[x]; reads && n != valued {
			return false
		}
		came[x], sessions[t.process], latest = true, t.begin, max(latest, t.begin)
		s.writes(x, func(key, version int32) bool {
			if now[key] == none {
				valued++
			}
			now[key] = version
			return true
		})
	}
	for x := range s.txns {
		if s.txns[x].committed && !came[x] {
			return false
		}
	}
	return true
}
