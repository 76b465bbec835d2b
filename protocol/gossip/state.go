package gossip

import "cmp"

// Name identifies an object: the name of its model, and its key.
type Name struct {
	Object string `json:"o"`
	Key    string `json:"k"`
}

func (n Name) compare(m Name) int {
	return cmp.Or(cmp.Compare(n.Object, m.Object), cmp.Compare(n.Key, m.Key))
}

func (n Name) String() string { return n.Object + "/" + n.Key }

// State is what is known of one object: all that a replica knows, or only what one change adds.
// Exactly
// one of its last three fields is set, according to Name.Object. A State is immutable: joining
// makes a
// new one.
type State struct {
	Name
	Register *Register `json:"r,omitempty"`
	Counter  *Counter  `json:"c,omitempty"`
	Set      Set       `json:"s,omitempty"`
}

// Join returns the least state that contains what a and b know of the same object. It is
// commutative,
// associative and idempotent, so the order and number of times in which replicas hear a change do
// not
// matter (CRDT §2.3).
func Join(a, b State) State { return join(a, b, &bugs{}) }

func join(a, b State, bug *bugs) State {
	switch {
	case a.Register != nil && b.Register != nil:
		a.Register = a.Register.join(b.Register, bug)
	case a.Counter != nil && b.Counter != nil:
		a.Counter = a.Counter.join(b.Counter, bug)
	case a.Set != nil && b.Set != nil:
		a.Set = a.Set.join(b.Set)
	case a.Register == nil && a.Counter == nil && a.Set == nil:
		return b
	}
	return a
}

// latest returns the highest time or number in the state.
func (s *State) latest() uint64 {
	switch {
	case s.Register != nil:
		return s.Register.Time
	case s.Set != nil:
		return s.Set.highest()
	}
	return 0
}

// String writes register/x=7@3.n1, counter/c=+n1:3-n2:1 or set/s={7+n1:3}.
func (s State) String() string { return string(s.append(nil)) }

func (s *State) append(b []byte) []byte {
	b = append(append(b, s.Object...), '/')
	b = append(append(b, s.Key...), '=')
	switch {
	case s.Register != nil:
		return s.Register.append(b)
	case s.Counter != nil:
		return s.Counter.append(b)
	}
	return s.Set.append(b)
}

// sum returns a checksum (FNV-1a) of the state's text. States have equal texts exactly when they
// are
// equal.
func (s *State) sum(scratch []byte) (uint64, []byte) {
	scratch = s.append(scratch[:0])
	h := uint64(14695981039346656037)
	for _, c := range scratch {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h, scratch
}
