package kv

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Compact is the form in which a command holds a value: valid JSON without white space; empty input is null. It is the
// duty of whoever makes a Command: the store is given nothing else, and does not look again on every member.
func Compact(value []byte) ([]byte, error) {
	if len(value) == 0 {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	b.Grow(len(value))
	if err := json.Compact(&b, value); err != nil {
		return nil, fmt.Errorf("value is not JSON: %w", err)
	}
	return b.Bytes(), nil
}

// pair takes [a,b] apart. Its argument is compact JSON, so that only strings and nesting need care.
func pair(value []byte) (a, b []byte, ok bool) {
	if len(value) < 2 || value[0] != '[' || value[len(value)-1] != ']' {
		return nil, nil, false
	}
	inner := value[1 : len(value)-1]
	comma, depth, quoted := -1, 0, false
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0 && comma >= 0:
			return nil, nil, false
		case c == ',' && depth == 0:
			comma = i
		}
	}
	if comma < 0 {
		return nil, nil, false
	}
	return inner[:comma], inner[comma+1:], true
}
