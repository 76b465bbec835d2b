package kv

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is the state of one object. Its calls are those of its kind, with arguments in compact JSON.
type object interface {
	call(f string, value []byte) Result
	append(data []byte) []byte // its state, in one form only
	read(r *reader)            // that form, into an object in its initial state
}

// kind is what objects of one name have in common.
type kind struct {
	storage string // kinds with the same storage see the same objects
	make    func() object
	calls   map[string]effect
}

type effect uint8

const (
	reads effect = iota + 1
	changes
)

var kinds = map[string]kind{
	"register":     {"register", func() object { return new(register) }, map[string]effect{"read": reads, "write": changes}},
	"cas-register": {"register", func() object { return new(register) }, map[string]effect{"read": reads, "write": changes, "cas": changes}},
	"append-list":  {"append-list", func() object { return new(list) }, map[string]effect{"read": reads, "append": changes}},
	"set": {
		"set", func() object { return new(set) },
		map[string]effect{"read": reads, "contains": reads, "add": changes, "remove": changes},
	},
	"counter":      {"counter", func() object { return new(counter) }, map[string]effect{"read": reads, "add": changes}},
	"fifo-queue":   {"fifo-queue", func() object { return new(queue) }, map[string]effect{"enqueue": changes, "dequeue": changes}},
	"fenced-mutex": {"fenced-mutex", func() object { return new(mutex) }, map[string]effect{"acquire": changes, "release": changes}},
	"unique-ids":   {"unique-ids", func() object { return new(ids) }, map[string]effect{"generate": changes}},
}

// Objects lists the names of all objects, in alphabetical order.
func Objects() []string { return slices.Sorted(maps.Keys(kinds)) }

// ReadOnly says that the call f of an object changes nothing, so that [Store.Query] can answer it.
func ReadOnly(object, f string) bool { return kinds[object].calls[f] == reads }

// Check says whether there is such an object with such a call, and if not, what there is.
func Check(object, f string) error {
	k, known := kinds[object]
	if !known {
		return fmt.Errorf("no object %q: there are %s", object, strings.Join(Objects(), ", "))
	}
	if k.calls[f] == 0 {
		return fmt.Errorf("%s has no call %q: it has %s", object, f, strings.Join(slices.Sorted(maps.Keys(k.calls)), ", "))
	}
	return nil
}

// ok is the result of a call that took effect; no value stands for the call's own.
func ok(value []byte) Result { return Result{OK: true, Value: value} }

// no is the result of a call that could not be carried out.
func no(why string) Result { return Result{Err: why} }
