package kv

import "bytes"

// list is an append-list: its elements in order, as JSON separated by commas, so that a read copies
// it
// as it is. No element is empty, so an empty slice is an empty list.
type list struct{ elements []byte }

func (o *list) call(f string, value []byte) Result {
	if f == "read" {
		return ok(bytes.Join([][]byte{[]byte("["), o.elements, []byte("]")}, nil))
	}
	if len(o.elements) > 0 {
		o.elements = append(o.elements, ',')
	}
	o.elements = append(o.elements, value...)
	return ok(nil)
}

func (o *list) append(data []byte) []byte { return append(data, o.elements...) }

// read copies: a later call appends, and must not write past the end of a shared snapshot.
func (o *list) read(r *reader) { o.elements, r.data = bytes.Clone(r.data), nil }
