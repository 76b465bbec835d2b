package model

import (
	"encoding/json"
	"fmt"
)

// Beginner is a model whose objects may hold before any call what a user says.
type Beginner[In any] interface {
	// Beginning lists calls that, one after another, take an object from Init to one that holds
	// what initial says, in JSON. Each of them is possible in its place with the zero value as its
	// result. The error says what the model wants instead.
	Beginning(initial json.RawMessage) ([]In, error)
}

// InitialState is the state of an object of m that holds initially what initial says; nil means Init.
func InitialState[S, In, Out any](m Model[S, In, Out], initial json.RawMessage) (S, error) {
	s := m.Init()
	if initial == nil {
		return s, nil
	}
	beginner, ok := any(m).(Beginner[In])
	if !ok {
		return s, fmt.Errorf("%s has no initial value", m.Name())
	}
	calls, err := beginner.Beginning(initial)
	if err != nil {
		return s, err
	}
	var none Out
	for _, in := range calls {
		next := m.Step(nil, s, in, &none)
		if len(next) == 0 {
			return s, fmt.Errorf("%s cannot hold initially %s", m.Name(), brief(initial))
		}
		s = next[0]
	}
	return s, nil
}

// wants is the error for an initial value of the wrong shape.
func wants(model, want string, initial json.RawMessage) error {
	return fmt.Errorf("%s wants %s, has %s", model, want, brief(initial))
}

// Beginning is a write.
func (m Register) Beginning(initial json.RawMessage) ([]RegisterCall, error) {
	v, err := ParseValue(initial)
	if err != nil {
		return nil, wants(m.Name(), "a value", initial)
	}
	return []RegisterCall{{F: Write, Value: v}}, nil
}

// Beginning is an add.
func (m Counter) Beginning(initial json.RawMessage) ([]CounterCall, error) {
	n, ok := parseInt(initial)
	if !ok {
		return nil, wants(m.Name(), "a whole number", initial)
	}
	return []CounterCall{{F: Add, N: n}}, nil
}

// Beginning is an add of each element.
func (m Set) Beginning(initial json.RawMessage) ([]SetCall, error) {
	values, ok := parseList(initial)
	if ok {
		values, ok = sorted(values)
	}
	if !ok {
		return nil, wants(m.Name(), "[v …], each once", initial)
	}
	return each(values, func(v Value) SetCall { return SetCall{F: Add, Value: v} }), nil
}

// Beginning is an enqueue of each value, the one first that leaves first.
func (m Queue) Beginning(initial json.RawMessage) ([]QueueCall, error) {
	return fill(m.Name(), initial, Enqueue)
}

// Beginning is an enqueue of each value.
func (m Bag) Beginning(initial json.RawMessage) ([]QueueCall, error) {
	return fill(m.Name(), initial, Enqueue)
}

// Beginning is a push of each value, the topmost last.
func (m Stack) Beginning(initial json.RawMessage) ([]QueueCall, error) {
	return fill(m.Name(), initial, Push)
}

func fill(model string, initial json.RawMessage, with F) ([]QueueCall, error) {
	values, ok := parseList(initial)
	for _, v := range values {
		ok = ok && v != Null
	}
	if !ok {
		return nil, wants(model, "[v …], none of them null", initial)
	}
	return each(values, func(v Value) QueueCall { return QueueCall{F: with, Value: v} }), nil
}

// Beginning is an append of each element.
func (m AppendList) Beginning(initial json.RawMessage) ([]ListCall, error) {
	values, ok := parseList(initial)
	if !ok {
		return nil, wants(m.Name(), "[v …]", initial)
	}
	return each(values, func(v Value) ListCall { return ListCall{F: Append, Value: v} }), nil
}

// Beginning is a put.
func (m Text) Beginning(initial json.RawMessage) ([]TextCall, error) {
	text, err := parseText(initial)
	if err != nil {
		return nil, wants(m.Name(), "a string", initial)
	}
	return []TextCall{{F: Put, Text: text}}, nil
}

func each[T any](values []Value, call func(Value) T) []T {
	calls := make([]T, len(values))
	for i, v := range values {
		calls[i] = call(v)
	}
	return calls
}
