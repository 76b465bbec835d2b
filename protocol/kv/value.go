package kv

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Compact converts a value to the form that a command holds: valid JSON without white space; empty
// input is null. Code that makes a Command must call it: the store does not check values again.
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

// pair splits [a,b].
func pair(value []byte) (a, b []byte, ok bool) {
	both, ok := elements(value)
	if !ok || len(both) != 2 {
		return nil, nil, false
	}
	return both[0], both[1], true
}

// elements splits an array. Its argument is compact JSON, so only strings and nesting need care.
func elements(value []byte) (all [][]byte, ok bool) {
	if len(value) < 2 || value[0] != '[' {
		return nil, false
	}
	inner := value[1 : len(value)-1]
	begin, depth, quoted := 0, 0, false
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
		case c == ',' && depth == 0:
			all = append(all, inner[begin:i:i])
			begin = i + 1
		}
	}
	if len(inner) > 0 {
		all = append(all, inner[begin:len(inner):len(inner)])
	}
	return all, true
}

func array(elements [][]byte) []byte {
	return bytes.Join([][]byte{{'['}, bytes.Join(elements, []byte{','}), {']'}}, nil)
}

// text returns the store's form of a key given as JSON string or number: 5 and "5" are one key.
func text(key []byte) (string, bool) {
	switch c := key[0]; {
	case c == '-' || '0' <= c && c <= '9':
		return string(key), true
	case c != '"':
		return "", false
	case bytes.IndexByte(key, '\\') < 0:
		return string(key[1 : len(key)-1]), true
	}
	var s string
	err := json.Unmarshal(key, &s)
	return s, err == nil
}
