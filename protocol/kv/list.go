package kv

import "bytes"

// list is an append-list: its elements in order, as JSON with commas between, so that a read copies it as it is. No
// element is empty, therefore an empty list is one without elements.
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

// read copies: a later call appends, and must not write behind the end of a snapshot that others hold.
func (o *list) read(r *reader) { o.elements, r.data = bytes.Clone(r.data), nil }
