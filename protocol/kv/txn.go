package kv

import (
	"bytes"
	"errors"
	"fmt"
)

// compound is a kind whose commands consist of steps, each a call of one object.
type compound interface {
	// split returns a command's steps, or why it is invalid. Only the first step can be refused by
	// its
	// object, so nothing ever has to be undone (K4).
	split(Command) ([]step, error)
	// join returns the completion's value from the steps' answers; nil means the command's own
	// value.
	join(steps []step, answers [][]byte) []byte
	// pack makes a command of some of a command's steps, at least one, in order.
	pack(Command, []step) Command
	// unpack returns the answers to the reads of every key, in order, from a value that join made.
	unpack(value []byte) (map[string][][]byte, error)
}

// step is a call of one object.
type step struct {
	key, call string
	value     []byte
	write     bool
	source    []byte // its form in the command: a micro-operation
}

// txn is a transaction of micro-operations on objects of one storage: [["r",k,null],[write,k,v]
// ...].
type txn struct {
	write string // the name of the micro-operation that writes
	call  string // and of the corresponding call of the object
}

func (t txn) split(c Command) ([]step, error) {
	if c.Key != "" {
		return nil, errors.New("txn names its keys in its value: want no other key")
	}
	all, ok := elements(c.Value)
	if !ok {
		return nil, fmt.Errorf("txn wants %s, not %s", t.usage(), excerpt(c.Value))
	}
	steps := make([]step, len(all))
	for i, source := range all {
		if steps[i], ok = t.step(source); !ok {
			return nil, fmt.Errorf("micro-operation %d of %d is %s: want %s", i+1, len(all), excerpt(source), t.usage())
		}
	}
	return steps, nil
}

func (t txn) usage() string { return fmt.Sprintf(`[["r",key,null],[%q,key,value] ...]`, t.write) }

func (t txn) step(source []byte) (step, bool) {
	parts, ok := elements(source)
	if !ok || len(parts) != 3 {
		return step{}, false
	}
	key, ok := text(parts[1])
	s := step{key: key, call: "read", value: parts[2], source: source}
	switch f, _ := text(parts[0]); {
	case f == t.write:
		s.call, s.write = t.call, true
	case f != "r" || !bytes.Equal(parts[2], null):
		return step{}, false
	}
	return s, ok
}

func (t txn) join(steps []step, answers [][]byte) []byte {
	value, filled := []byte{'['}, false
	for i, s := range steps {
		if i > 0 {
			value = append(value, ',')
		}
		if answers[i] == nil {
			value = append(value, s.source...)
			continue
		}
		filled = true
		value = append(value, bytes.TrimSuffix(s.source, []byte("null]"))...)
		value = append(append(value, answers[i]...), ']')
	}
	if !filled {
		return nil
	}
	return append(value, ']')
}

func (t txn) pack(c Command, steps []step) Command {
	sources := make([][]byte, len(steps))
	for i, s := range steps {
		sources[i] = s.source
	}
	c.Value = array(sources)
	return c
}

func (t txn) unpack(value []byte) (map[string][][]byte, error) {
	steps, ok := elements(value)
	answers := map[string][][]byte{}
	for _, source := range steps {
		parts, isList := elements(source)
		if ok = ok && isList && len(parts) == 3; !ok {
			break
		}
		if f, _ := text(parts[0]); f == "r" {
			key, _ := text(parts[1])
			answers[key] = append(answers[key], parts[2])
		}
	}
	if !ok {
		return nil, fmt.Errorf("%s is not the value of a transaction", excerpt(value))
	}
	return answers, nil
}

// excerpt shortens a value for an error message.
func excerpt(value []byte) string {
	const most = 60
	if len(value) <= most {
		return string(value)
	}
	return string(bytes.ToValidUTF8(value[:most], nil)) + " ..."
}
