package model

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/history"
)

// This file reads and holds the calls of a multi-register. A call is a list of micro-operations,
//
//	txn   [["r", x, null], ["w", y, 2] …]   also "read" and "write"; completed with what was read
//	read  [["r", x, null] …], {x: null …}, or null if only the completion says which were read
//	write [["w", x, 1] …], {x: 1 …}
//
// and a map is completed by a map. A register's name is a string or any other value; 1 and "1" are
// the same name, as they are in the keys of a map. Calls and results are strings, so that they can
// be compared: a search tells calls apart by it that ask and return the same.

// Micro is one part of a MultiCall: a read of a register or a write of Value to it.
type Micro struct {
	F     F // Read or Write
	Name  string
	Value Value
	Every bool // a write to every register, which only an initial value is
}

// MultiCall is a list of micro-operations.
type MultiCall struct{ code string }

// MultiResult is what a MultiCall read: names and values, in the order of its reads.
type MultiResult string

// The first byte of a micro-operation in a code.
const (
	codeRead     = 'r'
	codeWrite    = 'w'
	codeEvery    = '*'
	codeAnything = '?' // a read that only its result describes
)

func (c MultiCall) anything() bool { return len(c.code) == 1 }

// Micros are the micro-operations in order; none of a read that only its result describes.
func (c MultiCall) Micros(yield func(Micro) bool) {
	for rest := c.code; len(rest) > 1; {
		m := Micro{F: Write}
		kind := rest[0]
		rest = rest[1:]
		if kind != codeEvery {
			m.Name, rest = cutText(rest)
		}
		if kind == codeRead {
			m.F = Read
		} else {
			var value string
			value, rest = cutText(rest)
			m.Value, m.Every = Value(value), kind == codeEvery
		}
		if !yield(m) {
			return
		}
	}
}

// Writes says whether some micro-operation is a write.
func (c MultiCall) Writes() bool {
	for m := range c.Micros {
		if m.F == Write {
			return true
		}
	}
	return false
}

// WithoutReads is the call with its writes alone.
func (c MultiCall) WithoutReads() MultiCall {
	var code []byte
	for m := range c.Micros {
		if m.F == Write {
			code = m.append(code)
		}
	}
	return MultiCall{string(code)}
}

func (m Micro) append(code []byte) []byte {
	switch {
	case m.Every:
		code = append(code, codeEvery)
	case m.F == Read:
		return appendText(append(code, codeRead), m.Name)
	default:
		code = appendText(append(code, codeWrite), m.Name)
	}
	return appendText(code, string(m.Value))
}

// Reads are the registers that were read, and what was read.
func (r MultiResult) Reads(yield func(name string, value Value) bool) {
	for r != "" {
		var name string
		var value Value
		name, value, r = r.first()
		if !yield(name, value) {
			return
		}
	}
}

func (r MultiResult) first() (name string, value Value, rest MultiResult) {
	name, text := cutText(string(r))
	of, text := cutText(text)
	return name, Value(of), MultiResult(text)
}

func (r MultiResult) with(name string, value Value) MultiResult {
	return MultiResult(appendText(appendText([]byte(r), name), string(value)))
}

func appendText(code []byte, text string) []byte {
	return append(binary.AppendUvarint(code, uint64(len(text))), text...)
}

func cutText(code string) (text, rest string) {
	length, shift, at := 0, 0, 0
	for {
		b := code[at]
		at++
		if length |= int(b&0x7f) << shift; b < 0x80 {
			return code[at : at+length], code[at+length:]
		}
		shift += 7
	}
}

func (c MultiCall) describe(out *MultiResult) string {
	var words []string
	read := func(name, value string) { words = append(words, "read "+name+" → "+value) }
	var results MultiResult
	if out != nil {
		results = *out
	}
	if c.anything() {
		for name, value := range results.Reads {
			read(name, string(value))
		}
		if out == nil {
			return "read → ?"
		}
	}
	for m := range c.Micros {
		switch {
		case m.Every:
			words = append(words, "write "+string(m.Value)+" to every register")
		case m.F == Write:
			words = append(words, "write "+m.Name+" "+string(m.Value))
		case out == nil:
			read(m.Name, "?")
		default:
			var value Value
			_, value, results = results.first()
			read(m.Name, string(value))
		}
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// micros is a call as it stands in an event.
type micros struct {
	list   []Micro
	mapped bool // a map
	bare   bool // a read of what only its completion names
}

// microForms is what a call of a multi-register wants.
var microForms = map[F]string{
	Txn:   `[["r", register, null], ["w", register, v] …]`,
	Read:  `[["r", register, null] …], {register: null …} or null`,
	Write: `[["w", register, v] …] or {register: v …}`,
}

// parseMicros reads the value of an event of a call of name f.
func parseMicros(f F, raw json.RawMessage) (m micros, ok bool) {
	if value, err := ParseValue(raw); err == nil && value == Null {
		return micros{bare: true}, f == Read
	}
	var fields map[string]json.RawMessage
	if _, list := listItems(raw); !list && f != Txn && json.Unmarshal(raw, &fields) == nil {
		m.mapped = true
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			value, err := ParseValue(fields[name])
			if err != nil {
				return m, false
			}
			m.list = append(m.list, Micro{F: f, Name: name, Value: value})
		}
		return m, true
	}
	items, ok := listItems(raw)
	if !ok {
		return m, false
	}
	for _, item := range items {
		one, ok := parseMicro(item)
		if !ok || f != Txn && one.F != f {
			return m, false
		}
		m.list = append(m.list, one)
	}
	return m, true
}

// parseMicro reads ["r", name], ["r", name, value] or ["w", name, value].
func parseMicro(raw json.RawMessage) (m Micro, ok bool) {
	parts, ok := listItems(raw)
	var f string
	if !ok || len(parts) < 2 || len(parts) > 3 || json.Unmarshal(parts[0], &f) != nil {
		return m, false
	}
	name, err := ParseValue(parts[1])
	if err != nil || json.Unmarshal([]byte(name), &m.Name) != nil || name == Null {
		m.Name = string(name)
	}
	m.Value = Null
	if len(parts) == 3 {
		if m.Value, err = ParseValue(parts[2]); err != nil {
			return m, false
		}
	}
	switch {
	case f == "r" || f == "read":
		m.F = Read
		return m, true
	case (f == "w" || f == "write") && len(parts) == 3:
		m.F = Write
		return m, true
	}
	return m, false
}

func (m micros) call() MultiCall {
	if m.bare {
		return MultiCall{string(codeAnything)}
	}
	var code []byte
	for _, one := range m.list {
		code = one.append(code)
	}
	return MultiCall{string(code)}
}

// results reads what a completion says was read. It repeats the call, with what was read filled in;
// a call that reads nothing may complete with null.
func (m micros) results(f F, invocation, completion *history.Op) (out MultiResult, err error) {
	reads := m.bare || slices.ContainsFunc(m.list, func(one Micro) bool { return one.F == Read })
	if value, err := ParseValue(completion.Value); !reads && err == nil && value == Null {
		return out, nil
	}
	want := "the same micro-operations, with what was read"
	got, ok := parseMicros(f, completion.Value)
	switch {
	case !ok || got.bare:
		return out, wrong(completion, want)
	case m.bare:
	case len(got.list) != len(m.list) || got.mapped != m.mapped:
		return out, wrong(completion, want)
	}
	for i, one := range got.list {
		if !m.bare && (one.F != m.list[i].F || one.Name != m.list[i].Name ||
			one.F == Write && one.Value != m.list[i].Value) {
			return out, wrong(completion, want)
		}
		if one.F == Read {
			out = out.with(one.Name, one.Value)
		}
	}
	return out, nil
}
