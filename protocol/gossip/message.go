package gossip

import "strconv"

// Greet begins an exchange with the checksum of the sender's whole state. A replica with the same
// state
// does not answer (§1.3).
type Greet struct {
	Sum uint64 `json:"s"`
}

// Digest answers a Greet with a different sum: the checksum of each of the sender's objects, in the
// order of their names.
type Digest struct {
	Objects []Held `json:"o,omitempty"`
}

// Held is an object that a replica holds, and the checksum of its state.
type Held struct {
	Name
	Sum uint64 `json:"s"`
}

// Delta carries the objects in which two replicas differ, and requests some of the other's.
type Delta struct {
	States []State `json:"s,omitempty"`
	Want   []Name  `json:"w,omitempty"`
}

// Update is a record of the log: what a change, or another replica, has added.
type Update struct {
	States []State `json:"s"`
}

func (m *Greet) String() string { return string(appendSum([]byte("greet "), m.Sum)) }

func (m *Digest) String() string {
	b := []byte("digest")
	for _, h := range m.Objects {
		b = append(append(b, ' '), h.Name.String()...)
		b = appendSum(append(b, ' '), h.Sum)
	}
	return string(b)
}

func (m *Delta) String() string {
	b := []byte("delta")
	for i := range m.States {
		b = m.States[i].append(append(b, ' '))
	}
	for _, name := range m.Want {
		b = append(append(b, " want "...), name.String()...)
	}
	return string(b)
}

// appendSum writes the last four digits, enough to tell sums apart by eye.
func appendSum(b []byte, sum uint64) []byte {
	b = append(b, '#')
	for shift := 12; shift >= 0; shift -= 4 {
		b = strconv.AppendUint(b, sum>>shift&0xf, 16)
	}
	return b
}
