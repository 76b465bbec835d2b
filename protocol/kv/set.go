package kv

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// set is kept sorted, shorter elements first, which sorts whole numbers from 0.
type set struct{ elements [][]byte }

func compare(a, b []byte) int { return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b)) }

func (o *set) call(f string, value []byte) Result {
	at, found := slices.BinarySearchFunc(o.elements, value, compare)
	switch f {
	case "read":
		all := append([]byte("["), bytes.Join(o.elements, []byte(","))...)
		return ok(append(all, ']'))
	case "contains":
		answer := ",false]"
		if found {
			answer = ",true]"
		}
		return ok(append(append([]byte("["), value...), answer...))
	case "add":
		if !found {
			o.elements = slices.Insert(o.elements, at, value)
		}
		return ok(nil)
	default: // remove
		if found {
			o.elements = slices.Delete(o.elements, at, at+1)
		}
		return ok(nil)
	}
}

func (o *set) append(data []byte) []byte {
	data = binary.AppendUvarint(data, uint64(len(o.elements)))
	for _, e := range o.elements {
		data = appendField(data, e)
	}
	return data
}

func (o *set) read(r *reader) {
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		e := r.field()
		if len(o.elements) > 0 && compare(o.elements[len(o.elements)-1], e) >= 0 {
			r.fail()
		}
		o.elements = append(o.elements, e)
	}
}
