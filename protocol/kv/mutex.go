package kv

import (
	"encoding/binary"
	"strconv"
)

// mutex is held by at most one client, which knows its token. Tokens grow with every acquire, so
// that a
// protected resource can refuse a holder that has been replaced.
type mutex struct {
	token uint64 // the last one issued
	held  bool
}

func (o *mutex) call(f string, value []byte) Result {
	if f == "acquire" {
		if o.held {
			return ok([]byte("false")) // it is held
		}
		o.token++
		o.held = true
		return ok(strconv.AppendUint(nil, o.token, 10))
	}
	token, err := strconv.ParseUint(string(value), 10, 64)
	switch {
	case err != nil:
		return no("release wants a token")
	case !o.held || token != o.token:
		return no("token is not the holder's")
	}
	o.held = false
	return ok(nil)
}

func (o *mutex) append(data []byte) []byte {
	held := byte(0)
	if o.held {
		held = 1
	}
	return append(binary.AppendUvarint(data, o.token), held)
}

func (o *mutex) read(r *reader) {
	o.token = r.uvarint()
	held := r.byte()
	if held > 1 {
		r.fail()
	}
	o.held = held == 1
}
