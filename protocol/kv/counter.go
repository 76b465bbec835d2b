package kv

import (
	"encoding/binary"
	"math"
	"strconv"
)

// counter is a signed 64-bit sum, from 0.
type counter struct{ sum int64 }

func (o *counter) call(f string, value []byte) Result {
	if f == "read" {
		return ok(strconv.AppendInt(nil, o.sum, 10))
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	switch {
	case err != nil:
		return no("add wants a whole number")
	case n > 0 && o.sum > math.MaxInt64-n, n < 0 && o.sum < math.MinInt64-n:
		return no("counter would overflow")
	}
	o.sum += n
	return ok(nil)
}

func (o *counter) append(data []byte) []byte { return binary.AppendUvarint(data, uint64(o.sum)) }

func (o *counter) read(r *reader) { o.sum = int64(r.uvarint()) }
