package kv

import "encoding/binary"

// reader takes values off the front of data. After the first missing value it returns zeros; done
// reports that.
type reader struct {
	data []byte
	bad  bool
}

// done reports whether every value was there and nothing is left over.
func (r *reader) done() bool { return !r.bad && len(r.data) == 0 }

func (r *reader) fail() {
	r.bad, r.data = true, nil
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.fail()
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

// uvarint accepts only a number's shortest form, so that a state has one encoding.
func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || n > 1 && r.data[n-1] == 0 {
		r.fail()
		return 0
	}
	r.data = r.data[n:]
	return v
}

// field reads a length and that many bytes. The result shares memory with the data; empty is nil.
func (r *reader) field() []byte {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.fail()
	}
	if r.bad || n == 0 {
		return nil
	}
	field := r.data[:n:n]
	r.data = r.data[n:]
	return field
}

func appendField[T string | []byte](data []byte, field T) []byte {
	return append(binary.AppendUvarint(data, uint64(len(field))), field...)
}
