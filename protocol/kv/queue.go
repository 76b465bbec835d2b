package kv

import "encoding/binary"

// queue is a first-in, first-out queue.
type queue struct{ waiting [][]byte }

func (o *queue) call(f string, value []byte) Result {
	if f == "enqueue" {
		o.waiting = append(o.waiting, value)
		return ok(nil)
	}
	if len(o.waiting) == 0 {
		return ok(null)
	}
	first := o.waiting[0]
	o.waiting[0] = nil
	o.waiting = o.waiting[1:]
	return ok(first)
}

func (o *queue) append(data []byte) []byte {
	data = binary.AppendUvarint(data, uint64(len(o.waiting)))
	for _, v := range o.waiting {
		data = appendField(data, v)
	}
	return data
}

func (o *queue) read(r *reader) {
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		o.waiting = append(o.waiting, r.field())
	}
}
