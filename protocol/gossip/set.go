package gossip

import (
	"bytes"
	"cmp"
	"slices"
)

// Element is what is known of one value of a set. Each addition gets a number that its node never
// used
// before. A removal covers only the additions that its node had seen, so a concurrent addition
// elsewhere survives it.
type Element struct {
	Value   []byte `json:"v"`
	Added   Vector `json:"a"`           // the latest addition at each node
	Removed Vector `json:"r,omitempty"` // the latest addition of each node that a removal covers; a tombstone
}

// Set holds the elements that were ever added, shorter values first, which sorts whole numbers from
// 0.
type Set []Element

func compareValues(a, b []byte) int { return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b)) }

// present reports whether some addition is not covered.
func (e *Element) present() bool {
	for i := range e.Added {
		if e.Added[i].N > e.Removed.of(e.Added[i].Node) {
			return true
		}
	}
	return false
}

func (s Set) find(value []byte) (at int, known bool) {
	return slices.BinarySearchFunc(s, value, func(e Element, v []byte) int { return compareValues(e.Value, v) })
}

func (s Set) contains(value []byte) bool {
	at, known := s.find(value)
	return known && s[at].present()
}

func (s Set) join(t Set) Set {
	joined := make(Set, 0, max(len(s), len(t)))
	keep := func(e Element) { joined = append(joined, e) }
	merge(s, t, func(a, b Element) int { return compareValues(a.Value, b.Value) }, keep, keep, func(a, b Element) {
		keep(Element{a.Value, zip(a.Added, b.Added, highest), zip(a.Removed, b.Removed, highest)})
	})
	return slices.Clip(joined)
}

// remove returns the change that covers every addition of value known here, nil if none is left to
// cover.
func (s Set) remove(value []byte) Set {
	at, known := s.find(value)
	if !known || !s[at].present() {
		return nil
	}
	return Set{{Value: value, Added: s[at].Added, Removed: s[at].Added}}
}

// without forgets all of value.
func (s Set) without(value []byte) Set {
	return slices.DeleteFunc(slices.Clone(s), func(e Element) bool { return bytes.Equal(e.Value, value) })
}

// values returns [v,v ...].
func (s Set) values() []byte {
	b := []byte{'['}
	for i := range s {
		if !s[i].present() {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, s[i].Value...)
	}
	return append(b, ']')
}

func (s Set) highest() uint64 {
	var most uint64
	for i := range s {
		most = max(most, s[i].Added.highest())
	}
	return most
}

// append writes {7+n1:3 8+n2:4-n2:4}.
func (s Set) append(b []byte) []byte {
	b = append(b, '{')
	for i := range s {
		if i > 0 {
			b = append(b, ' ')
		}
		b = s[i].Added.append(append(append(b, s[i].Value...), '+'))
		if len(s[i].Removed) > 0 {
			b = s[i].Removed.append(append(b, '-'))
		}
	}
	return append(b, '}')
}
