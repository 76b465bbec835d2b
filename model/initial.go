package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// Beginner is a model whose objects may hold before any call what a user says.
type Beginner[In any] interface {
	// Beginning lists calls that, one after another, take an object from Init to one that holds
	// what initial says, in JSON. Each of them is possible in its place with the zero value as its
	// result. The error says what the model wants instead.
	Beginning(initial json.RawMessage) ([]In, error)
}

// PartBeginner is a Beginner whose objects have parts that initial values name.
type PartBeginner[In any] interface {
	// BeginningOf is Beginning for an object of a history, "" where its calls have no key.
	BeginningOf(object string, initial history.Initial) ([]In, error)
}

// BeginningOf lists the calls that take an object of a history from Init to what it holds
// initially.
func BeginningOf[S, In, Out any](m Model[S, In, Out], object string, initial history.Initial) ([]In, error) {
	if parts, ok := any(m).(PartBeginner[In]); ok {
		return parts.BeginningOf(object, initial)
	}
	value := initial.Of(object)
	if value == nil {
		return nil, nil
	}
	beginner, ok := any(m).(Beginner[In])
	if !ok {
		return nil, fmt.Errorf("%s has none", m.Name())
	}
	return beginner.Beginning(value)
}

// StateOf is the state in which an object of a history begins.
func StateOf[S, In, Out any](m Model[S, In, Out], object string, initial history.Initial) (S, error) {
	s := m.Init()
	calls, err := BeginningOf(m, object, initial)
	if err != nil {
		return s, err
	}
	return after(m, s, calls, initial.Of(object))
}

// InitialState is the state of an object of m that holds initially what initial says; nil means
// Init.
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
	return after(m, s, calls, initial)
}

// after is the state behind calls that initial stands for.
func after[S, In, Out any](m Model[S, In, Out], s S, calls []In, initial json.RawMessage) (S, error) {
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

// Beginning is a write to each register that an object names, or of any other value to every
// register.
func (m MultiRegister) Beginning(initial json.RawMessage) ([]MultiCall, error) {
	if asked, ok := parseMicros(Write, initial); ok && asked.mapped {
		return each(asked.list, func(one Micro) MultiCall { return MultiCall{string(one.append(nil))} }), nil
	}
	v, err := ParseValue(initial)
	if err != nil {
		return nil, wants(m.Name(), "a value, or {register: v …}", initial)
	}
	return []MultiCall{{string(Micro{F: Write, Value: v, Every: true}.append(nil))}}, nil
}

// BeginningOf takes the keys of initial values for registers, unless they name the object itself.
func (m MultiRegister) BeginningOf(object string, initial history.Initial) (calls []MultiCall, err error) {
	if value, named := initial.Keys[object]; named {
		return m.Beginning(value)
	}
	if initial.All != nil {
		if calls, err = m.Beginning(initial.All); err != nil {
			return nil, err
		}
	}
	if object != "" {
		return calls, nil
	}
	for _, name := range slices.Sorted(maps.Keys(initial.Keys)) {
		v, err := ParseValue(initial.Keys[name])
		if err != nil {
			return nil, wants(m.Name(), "a value", initial.Keys[name])
		}
		calls = append(calls, MultiCall{string(Micro{F: Write, Name: name, Value: v}.append(nil))})
	}
	return calls, nil
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

func each[V, T any](values []V, call func(V) T) []T {
	calls := make([]T, len(values))
	for i, v := range values {
		calls[i] = call(v)
	}
	return calls
}
