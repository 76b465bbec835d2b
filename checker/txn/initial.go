package txn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// begin is what a key holds before any transaction, in place of null or of an empty list. A
// register's value is its version none, as null is otherwise. A list's elements are left out of
// what reads return: every list begins with them.
type begin struct {
	text     []byte   // the value, or the elements with commas between them; nil for null and for an empty list
	elements [][]byte // of a list
}

// stray is a read of a list that does not begin with what the key held before any transaction. No
// execution has such a read, whatever the level.
type stray struct {
	txn, key int32
	list     []byte
}

// CheckInitial says what is wrong with initial values for a model of [Models].
func CheckInitial(modelName string, initial history.Initial) error {
	if initial.All != nil {
		if _, err := beginOf(modelName, initial.All); err != nil {
			return fmt.Errorf("the initial value: %w", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(initial.Keys)) {
		if _, err := beginOf(modelName, initial.Keys[key]); err != nil {
			return fmt.Errorf("the initial value of %s: %w", key, err)
		}
	}
	return nil
}

// beginOf reads an initial value; nil stands for the model's own.
func beginOf(modelName string, raw json.RawMessage) (b begin, err error) {
	switch {
	case raw == nil:
		return b, nil
	case modelName == Bank:
		return b, fmt.Errorf("%s has none: its reads are compared with each other", Bank)
	case string(raw) == "null":
		return b, nil
	case modelName == RWRegister:
		b.text, err = canonical(raw)
		return b, err
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		return b, fmt.Errorf("%s wants [v …], has %s", ListAppend, brief(raw))
	}
	for _, e := range elements {
		text, err := canonical(e)
		if err != nil {
			return b, err
		}
		b.elements = append(b.elements, text)
	}
	b.text = bytes.Join(b.elements, []byte(","))
	return b, nil
}

// rest is what a list holds behind the elements with which its key began; not ok if it does not
// begin with them.
func (b *begin) rest(list []byte) (rest []byte, ok bool) {
	if len(b.elements) == 0 {
		return list, true
	}
	s := scanner{data: list}
	for i, want := range b.elements {
		if i > 0 && !s.take(',') {
			return nil, false
		}
		if got, err := canonical(s.value()); err != nil || !bytes.Equal(got, want) {
			return nil, false
		}
	}
	if s.end() {
		return nil, true
	}
	ok = s.take(',')
	return list[s.at:], ok
}

// begin enters with what keys begin that came since the last time.
func (t *trace) begin(modelName string) error {
	if !t.initial.Given() {
		return nil
	}
	for _, key := range t.keys[len(t.begins):] {
		var name string
		if json.Unmarshal([]byte(key), &name) != nil {
			name = key
		}
		if _, given := t.initial.Keys[name]; given {
			if other, twice := t.named[name]; twice {
				return fmt.Errorf("the keys %s and %s differ, and initial-by-key does not tell which of them %s is",
					other, key, name)
			}
			if t.named == nil {
				t.named = map[string]string{}
			}
			t.named[name] = key
		}
		b, err := beginOf(modelName, t.initial.Of(name))
		if err != nil {
			return err
		}
		t.begins = append(t.begins, b)
	}
	return nil
}

// began is with what a key began.
func (t *trace) began(key int32) begin {
	if int(key) >= len(t.begins) {
		return begin{}
	}
	return t.begins[key]
}

// isInitial says whether a register's value is that with which its key began.
func (t *trace) isInitial(key int32, raw []byte) bool {
	b := t.began(key)
	if b.text == nil {
		return string(raw) == "null"
	}
	text, err := canonical(raw)
	return err == nil && bytes.Equal(text, b.text)
}
