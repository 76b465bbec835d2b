package model

import (
	"hash/maphash"
	"slices"
	"unsafe"

	"github.com/splitvote/splitvote/history"
)

// MultiRegister is several registers that one call reads and writes at once, as Knossos'
// multi-register is. Every register is initially null. The micro-operations of a call take effect
// one after another and nothing comes between them, so that a read sees what its own call wrote
// before it. Values may repeat. A register whose read returned null held null.
type MultiRegister struct{}

// MultiState is what all registers hold. Equal states are the same string of bytes apart from their
// order in memory: registers are sorted by name, and one that holds what every other does is not
// listed.
type MultiState struct {
	others Value // what every register holds that is not listed
	listed []listedRegister
	digest uint64
}

type listedRegister struct {
	name  string
	value Value
}

// Name is multi-register.
func (MultiRegister) Name() string { return "multi-register" }

// Init is all registers holding null.
func (MultiRegister) Init() MultiState { return MultiState{others: Null} }

// Step carries out the micro-operations in order.
func (MultiRegister) Step(next []MultiState, s MultiState, in MultiCall, out *MultiResult) []MultiState {
	if in.anything() { // it says nothing that was not returned
		if out != nil {
			for name, value := range out.Reads {
				if s.get(name) != value {
					return next
				}
			}
		}
		return append(next, s)
	}
	results := MultiResult("")
	if out != nil {
		results = *out
	}
	for micro := range in.Micros {
		switch {
		case micro.Every:
			s = MultiState{others: micro.Value}
		case micro.F == Write:
			s = s.set(micro.Name, micro.Value)
		case out != nil:
			var value Value
			if _, value, results = results.first(); s.get(micro.Name) != value {
				return next
			}
		}
	}
	return append(next, s)
}

func (s MultiState) find(name string) (int, bool) {
	return slices.BinarySearchFunc(s.listed, name, func(r listedRegister, name string) int {
		switch {
		case r.name < name:
			return -1
		case r.name > name:
			return 1
		}
		return 0
	})
}

func (s MultiState) get(name string) Value {
	if at, listed := s.find(name); listed {
		return s.listed[at].value
	}
	return s.others
}

// set copies the list (M1).
func (s MultiState) set(name string, value Value) MultiState {
	at, listed := s.find(name)
	if s.get(name) == value {
		return s
	}
	changed := listedRegister{name, value}
	registers := make([]listedRegister, 0, len(s.listed)+1)
	registers = append(registers, s.listed[:at]...)
	if value != s.others {
		registers = append(registers, changed)
		s.digest ^= changed.hash()
	}
	if listed {
		s.digest ^= s.listed[at].hash()
		at++
	}
	s.listed = append(registers, s.listed[at:]...)
	return s
}

func (r listedRegister) hash() uint64 {
	return (maphash.String(seed, r.name)*0x9e3779b97f4a7c15 ^ r.value.hash()) * 0xff51afd7ed558ccd
}

// Equal compares what the registers hold.
func (MultiRegister) Equal(a, b MultiState) bool {
	return a.digest == b.digest && a.others == b.others && slices.Equal(a.listed, b.listed)
}

// Hash hashes what the registers hold.
func (MultiRegister) Hash(s MultiState) uint64 { return s.digest ^ s.others.hash() }

// Size is the list: a step copies it.
func (MultiRegister) Size(s MultiState) int {
	return cap(s.listed) * int(unsafe.Sizeof(listedRegister{}))
}

// Describe says "read x → 1, write y 2".
func (MultiRegister) Describe(in MultiCall, out *MultiResult) string {
	return in.describe(out)
}

// Answer is what the call reads; it does not depend on the state if it reads nothing.
func (MultiRegister) Answer(s MultiState, in MultiCall) (out MultiResult, depends bool) {
	for micro := range in.Micros {
		switch {
		case micro.Every:
			s = MultiState{others: micro.Value}
		case micro.F == Write:
			s = s.set(micro.Name, micro.Value)
		default:
			out, depends = out.with(micro.Name, s.get(micro.Name)), true
		}
	}
	return out, depends
}

// ReadOnly holds of calls without a write.
func (MultiRegister) ReadOnly(in MultiCall, _ *MultiResult) bool { return !in.Writes() }

// Call reads a call, in any of the forms that micros.go lists; the result is what it read.
func (m MultiRegister) Call(invocation, completion *history.Op) (call MultiCall, out MultiResult, err error) {
	f, err := name(m.Name(), invocation, Txn, Read, Write)
	if err != nil {
		return call, out, err
	}
	asked, ok := parseMicros(f, invocation.Value)
	if !ok {
		return call, out, wrong(invocation, microForms[f])
	}
	call = asked.call()
	if completion != nil {
		out, err = asked.results(f, invocation, completion)
	}
	return call, out, err
}
