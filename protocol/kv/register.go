package kv

import "bytes"

var null = []byte("null")

// register holds one value, null until the first write.
type register struct{ value []byte }

func (o *register) current() []byte {
	if o.value == nil {
		return null
	}
	return o.value
}

func (o *register) call(f string, value []byte) Result {
	switch f {
	case "read":
		return ok(o.current())
	case "write":
		o.value = value
		return ok(nil)
	default: // cas
		old, next, isPair := pair(value)
		if !isPair {
			return no("cas wants [old, new]")
		}
		if !bytes.Equal(o.current(), old) {
			return ok(array([][]byte{old, next, []byte("false")})) // a mismatch
		}
		o.value = next
		return ok(nil)
	}
}

func (o *register) append(data []byte) []byte { return append(data, o.value...) }

func (o *register) read(r *reader) { o.value, r.data = r.data, nil }
