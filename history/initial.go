package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/internal/edn"
)

// Initial says what objects hold before any call: All is the value of every key that Keys does not
// name. A key for which neither says anything begins as its model does. The values are JSON, in the
// form in which the model reads its whole object: 0 for a register or a counter, [1, 2] for a list,
// a set or a queue.
type Initial struct {
	All  json.RawMessage            `json:"initial,omitempty"`
	Keys map[string]json.RawMessage `json:"initial-by-key,omitempty"`
}

// Of is the initial value of a key; nil means the model's own.
func (i Initial) Of(key string) json.RawMessage {
	if value, ok := i.Keys[key]; ok {
		return value
	}
	return i.All
}

// Ambiguous is an error if a key is not plain and keys of another kind that are written alike have
// an initial value: after the key :x, "x" is named #string x, and a header that names x does not
// tell which of the two it means.
func (i Initial) Ambiguous(key string) error {
	rest, kinded := strings.CutPrefix(key, "#")
	kind, text, _ := strings.Cut(rest, " ")
	if !kinded {
		return nil
	}
	if _, given := i.Keys[text]; !given || ednKind(kind) == ednForm {
		return nil
	}
	return fmt.Errorf("the keys %q and %q differ, and initial-by-key does not tell which of them %s is", text,
		key, text)
}

// Given says whether there is an initial value for any key.
func (i Initial) Given() bool { return i.All != nil || len(i.Keys) > 0 }

// all are all initial values.
func (i Initial) all() []json.RawMessage {
	values := slices.Collect(maps.Values(i.Keys))
	if i.All != nil {
		values = append(values, i.All)
	}
	return values
}

// Override is i with the values of o, where o has one, in place of its own.
func (i Initial) Override(o Initial) Initial {
	if o.All != nil {
		i = Initial{All: o.All} // a value for all keys also holds for the keys that the file names
	}
	if len(o.Keys) > 0 {
		keys := maps.Clone(i.Keys)
		if keys == nil {
			keys = map[string]json.RawMessage{}
		}
		maps.Copy(keys, o.Keys)
		i.Keys = keys
	}
	return i
}

// headerOf reads a line that describes the file instead of being an event: an object with none of
// type, process and f.
func headerOf(line []byte) (initial Initial, header bool, err error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) != nil {
		return initial, false, nil
	}
	for _, field := range []string{"type", "process", "f"} {
		if _, event := fields[field]; event {
			return initial, false, nil
		}
	}
	if err := checkDepth(line, 0); err != nil {
		return initial, true, err
	}
	initial.All = fields["initial"]
	if keys, given := fields["initial-by-key"]; given {
		if json.Unmarshal(keys, &initial.Keys) != nil || initial.Keys == nil {
			return initial, true, fmt.Errorf("initial-by-key is %s, want an object {key: value}", keys)
		}
	}
	return initial, true, nil
}

// header reads the map that stands before the events and says what objects hold: {:initial 0},
// {:initial-by-key {:x 0}}. The names of the keys are those of the events, of whatever kind these
// are.
func (v *ednValues) header(form any) (initial Initial, header bool, err error) {
	m, ok := form.(edn.Map)
	if !ok {
		return initial, false, nil
	}
	fields := map[edn.Keyword]any{}
	for _, p := range m {
		if key, ok := p.Key.(edn.Keyword); ok {
			fields[key] = p.Value
		}
	}
	all, forAll := fields["initial"]
	keys, byKey := fields["initial-by-key"]
	if _, event := fields["type"]; event || !forAll && !byKey {
		return initial, false, nil
	}
	if forAll {
		if initial.All, err = v.json(all); err != nil {
			return initial, true, err
		}
	}
	if !byKey {
		return initial, true, nil
	}
	named, ok := keys.(edn.Map)
	if !ok {
		return initial, true, errors.New("initial-by-key wants a map {key value}")
	}
	v.initial = map[string]bool{}
	initial.Keys = map[string]json.RawMessage{}
	for _, p := range named {
		var plainly *ednValues
		key, err := plainly.name(p.Key, wholeName)
		if err != nil {
			return initial, true, err
		}
		if _, twice := initial.Keys[key]; twice {
			return initial, true,
				fmt.Errorf("initial-by-key names %s twice, as keys of different kinds: want keys of one kind", key)
		}
		v.initial[key] = true
		if initial.Keys[key], err = v.json(p.Value); err != nil {
			return initial, true, err
		}
	}
	return initial, true, nil
}

// headed is a source that may have a header.
type headed interface {
	// header is what the file says of its objects, known once the first event has come.
	header() Initial
}

// initialOf is what the header of a source says, if it has one.
func initialOf(s source) Initial {
	if h, ok := s.(headed); ok {
		return h.header()
	}
	return Initial{}
}

// appendHeader appends the header that says what objects hold, as a line of history.jsonl.
func appendHeader(buf []byte, initial Initial) ([]byte, error) {
	line, err := json.Marshal(initial)
	return append(append(buf, line...), '\n'), err
}
