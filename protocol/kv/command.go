package kv

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Command is a client's call as the members replicate it.
type Command struct {
	Session string // "" for none: then repeated requests are not recognised (K2)
	Seq     uint64 // of the request within its session, increasing
	Object  string // name of the model: register, append-list ...
	F       string // the model's name of the call: read, write ...
	Key     string // of the object; "" if the value names the keys: a transaction
	Value   []byte // the argument, compact JSON; empty stands for null
}

var errCommand = errors.New("kv: not a command")

// Encode writes c: five fields in order, each preceded by its length, and Seq; all numbers are
// uvarints.
func (c Command) Encode() []byte {
	const lengths = 6 * 2 // most lengths take one byte, Seq a few
	data := make([]byte, 0, len(c.Session)+len(c.Object)+len(c.F)+len(c.Key)+len(c.Value)+lengths)
	data = appendField(data, c.Session)
	data = binary.AppendUvarint(data, c.Seq)
	data = appendField(data, c.Object)
	data = appendField(data, c.F)
	data = appendField(data, c.Key)
	return appendField(data, c.Value)
}

// Decode reads what Encode wrote. The command's Value shares memory with data.
func Decode(data []byte) (Command, error) {
	// One string for all four names: every member decodes every command, and this takes one
	// allocation
	// instead of four.
	r := reader{data: data}
	text := string(data)
	name := func() string {
		field := r.field()
		end := len(text) - len(r.data)
		return text[end-len(field) : end]
	}
	c := Command{Session: name(), Seq: r.uvarint(), Object: name(), F: name(), Key: name(), Value: r.field()}
	if !r.done() {
		return Command{}, errCommand
	}
	return c, nil
}

// ReadOnly reports whether c changes nothing and can be answered without replication. A transaction
// of
// reads is read-only.
func (c Command) ReadOnly() bool {
	k := kinds[c.Object]
	if k.calls[c.F] != varies {
		return k.calls[c.F] == reads
	}
	steps, err := k.compound.split(c)
	return err == nil && !slices.ContainsFunc(steps, func(s step) bool { return s.write })
}

// Result is the answer to a command.
type Result struct {
	// it took effect; if false, it had no effect (K4), unless Superseded
	OK bool
	// Superseded says that the session is past this request, so it is no longer known whether the
	// request
	// took effect.
	Superseded bool
	Value      []byte // the completion's value, compact JSON; empty means the call's own value
	Err        string // why it is not OK, in a few words
}

const (
	flagOK = 1 << iota
	flagSuperseded
	flagsKnown = 1<<iota - 1
)

var errResult = errors.New("kv: not a result")

// Encode writes r: a byte of flags, Value and Err, each after its length as a uvarint.
func (r Result) Encode() []byte {
	data := make([]byte, 1, len(r.Value)+len(r.Err)+6)
	if r.OK {
		data[0] |= flagOK
	}
	if r.Superseded {
		data[0] |= flagSuperseded
	}
	data = appendField(data, r.Value)
	return appendField(data, r.Err)
}

// DecodeResult reads what Result.Encode wrote. The result's Value shares memory with data.
func DecodeResult(data []byte) (Result, error) {
	r := reader{data: data}
	flags := r.byte()
	result := Result{
		OK:         flags&flagOK != 0,
		Superseded: flags&flagSuperseded != 0,
		Value:      r.field(),
		Err:        string(r.field()),
	}
	if !r.done() || flags > flagsKnown {
		return Result{}, errResult
	}
	return result, nil
}
