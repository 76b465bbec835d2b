package kv

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is the state of one object. Its calls are those of its kind, with arguments in compact
// JSON.
type object interface {
	call(f string, value []byte) Result
	append(data []byte) []byte // its state, in a unique encoding
	read(r *reader)            // decodes that encoding, into an object in its initial state
}

// kind is what objects of one name have in common.
type kind struct {
	storage  string // kinds with the same storage see the same objects
	make     func() object
	calls    calls
	compound compound // nil if a call concerns only the object that Command.Key names
}

// calls gives the effect of each call of a kind.
type calls map[string]effect

type effect uint8

const (
	reads effect = iota + 1
	changes
	varies // depends on its value
)

// initial makes an object of type T in its initial state.
func initial[T any, P interface {
	*T
	object
}]() object {
	return P(new(T))
}

var kinds = map[string]kind{
	"register":     {"register", initial[register], calls{"read": reads, "write": changes}, nil},
	"cas-register": {"register", initial[register], calls{"read": reads, "write": changes, "cas": changes}, nil},
	"append-list":  {"append-list", initial[list], calls{"read": reads, "append": changes}, nil},
	"set": {"set", initial[set], calls{"read": reads, "contains": reads, "add": changes,
		"remove": changes}, nil},
	"counter":      {"counter", initial[counter], calls{"read": reads, "add": changes}, nil},
	"fifo-queue":   {"fifo-queue", initial[queue], calls{"enqueue": changes, "dequeue": changes}, nil},
	"fenced-mutex": {"fenced-mutex", initial[mutex], calls{"acquire": changes, "release": changes}, nil},
	"unique-ids":   {"unique-ids", initial[ids], calls{"generate": changes}, nil},
	"list-append":  {"append-list", initial[list], calls{"txn": varies}, txn{write: "append", call: "append"}},
	"rw-register":  {"register", initial[register], calls{"txn": varies}, txn{write: "w", call: "write"}},
	"bank": {
		"bank", open, calls{"read": reads, "transfer": changes, "withdraw": changes, "deposit": changes}, bank{},
	},
}

// Objects lists the names of all objects, in alphabetical order.
func Objects() []string { return slices.Sorted(maps.Keys(kinds)) }

// Keyed lists the objects whose calls touch only the key in Command.Key.
func Keyed() []string { return slices.DeleteFunc(Objects(), Compound) }

// Compound reports whether the commands of an object touch several keys, named in their values.
func Compound(object string) bool { return kinds[object].compound != nil }

// ReadOnly reports whether the call f of an object changes nothing, whatever its value. See also
// [Command.ReadOnly].
func ReadOnly(object, f string) bool { return kinds[object].calls[f] == reads }

// Check returns an error that lists the alternatives if there is no such object or call.
func Check(object, f string) error {
	k, known := kinds[object]
	if !known {
		return fmt.Errorf("no object %q: there are %s", object, strings.Join(Objects(), ", "))
	}
	if k.calls[f] == 0 {
		return fmt.Errorf("%s has no call %q: it has %s", object, f,
			strings.Join(slices.Sorted(maps.Keys(k.calls)), ", "))
	}
	return nil
}

// ok is the result of a call that took effect; without a value it returns the call's own.
func ok(value []byte) Result { return Result{OK: true, Value: value} }

// no is the result of a call that could not be carried out.
func no(why string) Result { return Result{Err: why} }
