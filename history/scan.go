package history

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// scanner reads the lines of a history in one pass, without reflection and nearly without
// allocation. It knows the shape in which events are commonly written: an object with each of our
// fields at most once, numbers that fit, and valid JSON as value. Of any other line it says so and
// reports nothing, and encoding/json decides what the line means and what is wrong with it. So a
// line that scanner reads must mean to encoding/json what it means here; FuzzScanner holds it to
// that.
type scanner struct {
	names [512]string // the strings seen last, by their hash: there are few names, keys and nodes
	arena []byte      // room for values, which are small
}

// fields of an event, as bits.
const (
	fieldIndex = 1 << iota
	fieldTime
	fieldProcess
	fieldType
	fieldF
	fieldKey
	fieldValue
	fieldNode
	fieldError
	fieldFinal
	required = fieldProcess | fieldType | fieldF
)

// event reads the event that begins at data[i] into op, which must be zero except for a Value of
// null, and returns where the line's newline is. data ends in a newline, which stops everything
// here: no bound needs to be checked. If ok is false, the line is not of the common shape, and op
// holds nothing of meaning.
func (s *scanner) event(data []byte, i int, op *Op) (end int, ok bool) {
	if data[i] != '{' {
		return 0, false
	}
	i = blanks(data, i+1)
	for seen := 0; ; i = blanks(data, i+1) {
		field, width := fieldAt(data[i:])
		if field == 0 || seen&field != 0 {
			return 0, false
		}
		seen |= field
		i += width
		if data[i] != ':' { // there are blanks before the colon
			if i = blanks(data, i); data[i] != ':' {
				return 0, false
			}
		}
		i = blanks(data, i+1)
		switch field {
		case fieldIndex:
			_, i, ok = number(data, i)
		case fieldTime:
			var ns int64
			ns, i, ok = number(data, i)
			op.Time = time.Duration(ns)
		case fieldProcess:
			op.Process, i, ok = processAt(data, i)
		case fieldType:
			op.Kind, i, ok = kindAt(data, i)
		case fieldF:
			op.F, i, ok = s.name(data, i)
			ok = ok && op.F != ""
		case fieldKey:
			op.Key, i, ok = s.name(data, i)
		case fieldValue:
			begin := i
			if i, ok = value(data, i, 1); ok {
				op.Value = s.keep(data[begin:i])
			}
		case fieldNode:
			var node string
			node, i, ok = s.name(data, i)
			op.Node = NodeID(node)
		case fieldError:
			op.Err, i, ok = s.name(data, i)
		case fieldFinal:
			op.Final, i, ok = boolean(data, i)
		}
		if !ok {
			return 0, false
		}
		if data[i] == ',' {
			continue
		}
		if i = blanks(data, i); data[i] == ',' {
			continue
		}
		if data[i] != '}' || seen&required != required {
			return 0, false
		}
		if i = blanks(data, i+1); data[i] == '\r' {
			i++
		}
		return i, data[i] == '\n'
	}
}

// blanks passes over blanks. Newlines end the line, and no event.
func blanks(data []byte, i int) int {
	for data[i] == ' ' || data[i] == '\t' {
		i++
	}
	return i
}

// fieldAt is the field whose quoted name data begins with, and the name's width with its quotes; 0
// if it is unknown.
func fieldAt(data []byte) (field, width int) {
	if len(data) < 10 {
		return 0, 0
	}
	switch data[1] {
	case 'i':
		if string(data[:7]) == `"index"` {
			return fieldIndex, 7
		}
	case 't':
		if string(data[:6]) == `"time"` {
			return fieldTime, 6
		}
		if string(data[:6]) == `"type"` {
			return fieldType, 6
		}
	case 'p':
		if string(data[:9]) == `"process"` {
			return fieldProcess, 9
		}
	case 'f':
		if string(data[:3]) == `"f"` {
			return fieldF, 3
		}
		if string(data[:7]) == `"final"` {
			return fieldFinal, 7
		}
	case 'k':
		if string(data[:5]) == `"key"` {
			return fieldKey, 5
		}
	case 'v':
		if string(data[:7]) == `"value"` {
			return fieldValue, 7
		}
	case 'n':
		if string(data[:6]) == `"node"` {
			return fieldNode, 6
		}
	case 'e':
		if string(data[:7]) == `"error"` {
			return fieldError, 7
		}
	}
	return 0, 0
}

// number reads a whole number from 0 that surely fits an int64. What follows it is for the caller
// to judge.
func number(data []byte, i int) (n int64, end int, ok bool) {
	begin := i
	for ; data[i]-'0' <= 9; i++ {
		n = n*10 + int64(data[i]-'0')
	}
	width := i - begin
	return n, i, width > 0 && width <= 18 && (data[begin] != '0' || width == 1)
}

func processAt(data []byte, i int) (p Process, end int, ok bool) {
	if data[i] == '"' {
		const nemesis = `"nemesis"`
		return Nemesis, i + len(nemesis), bytes.HasPrefix(data[i:], []byte(nemesis))
	}
	n, i, ok := number(data, i)
	return Process(n), i, ok
}

func boolean(data []byte, i int) (is bool, end int, ok bool) {
	if data[i] == 't' {
		end, ok = literal(data, i, "true")
		return true, end, ok
	}
	end, ok = literal(data, i, "false")
	return false, end, ok
}

func kindAt(data []byte, i int) (k Kind, end int, ok bool) {
	if data[i] != '"' {
		return 0, i, false
	}
	rest := data[i+1:]
	for k, name := range kinds {
		if len(rest) > len(name) && rest[len(name)] == '"' && string(rest[:len(name)]) == name {
			return Kind(k), i + len(name) + 2, true
		}
	}
	return 0, i, false
}

// name reads a string that is likely to occur again.
func (s *scanner) name(data []byte, i int) (text string, end int, ok bool) {
	if data[i] != '"' {
		return "", i, false
	}
	end, plain, ok := quoted(data, i)
	if !ok {
		return "", i, false
	}
	raw := data[i+1 : end-1]
	if !plain {
		text, ok = unquote(data[i:end])
		return text, end, ok
	}
	return s.intern(raw), end, true
}

// intern makes a string of bytes, the same one as last time if they were met before.
func (s *scanner) intern(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	slot := &s.names[(uint(raw[0])*31+uint(raw[len(raw)/2])*7+uint(raw[len(raw)-1])*131+
		uint(len(raw)))%uint(len(s.names))]
	if *slot != string(raw) {
		*slot = string(raw)
	}
	return *slot
}

func unquote(literal []byte) (text string, ok bool) {
	err := json.Unmarshal(literal, &text)
	return text, err == nil
}

// quoted finds the end of the string that begins with the quote at data[i]. It is plain if it
// stands for its own bytes. A string of JSON has no control characters.
func quoted(data []byte, i int) (end int, plain, ok bool) {
	begin := i
	ascii := true
	for i++; ; i++ {
		switch c := data[i]; {
		case c == '"':
			return i + 1, ascii || utf8.Valid(data[begin:i]), true
		case c == '\\':
			return escaped(data, i)
		case c < ' ':
			return i, false, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
}

// escaped goes on with a string from its first backslash.
func escaped(data []byte, i int) (end int, plain, ok bool) {
	for ; ; i++ {
		switch c := data[i]; {
		case c == '"':
			return i + 1, false, true
		case c < ' ':
			return i, false, false
		case c == '\\':
			if i++; data[i] < ' ' {
				return i, false, false
			}
			if data[i] != 'u' {
				if bytes.IndexByte([]byte(`"\/bfnrt`), data[i]) < 0 {
					return i, false, false
				}
				continue
			}
			for range 4 {
				if i++; !isHex(data[i]) {
					return i, false, false
				}
			}
		}
	}
}

func isHex(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 5
}

// keep copies a value out of what is read, so that a history holds its values and not its file.
func (s *scanner) keep(raw []byte) json.RawMessage {
	if string(raw) == "null" {
		return null
	}
	const chunk = 1 << 16
	if len(raw) > chunk/16 {
		return bytes.Clone(raw)
	}
	if len(s.arena)+len(raw) > cap(s.arena) {
		s.arena = make([]byte, 0, chunk)
	}
	begin := len(s.arena)
	s.arena = append(s.arena, raw...)
	return s.arena[begin:len(s.arena):len(s.arena)]
}

// value finds the end of the JSON value that begins at data[i], inside so many brackets. It is not
// ok if the value is invalid, goes on in another line, or nests too deeply.
func value(data []byte, i, depth int) (end int, ok bool) {
	switch c := data[i]; {
	case c == '"':
		end, _, ok = quoted(data, i)
		return end, ok
	case c == '[':
		return array(data, i, depth+1)
	case c == '{':
		return object(data, i, depth+1)
	case c == 'n':
		return literal(data, i, "null")
	case c == 't':
		return literal(data, i, "true")
	case c == 'f':
		return literal(data, i, "false")
	}
	return decimal(data, i)
}

func literal(data []byte, i int, word string) (end int, ok bool) {
	return i + len(word), len(data)-i >= len(word) && string(data[i:i+len(word)]) == word
}

func array(data []byte, i, depth int) (end int, ok bool) {
	if i = blanks(data, i+1); data[i] == ']' {
		return i + 1, depth <= maxDepth
	}
	for ; depth <= maxDepth; i = blanks(data, i+1) {
		if i, ok = value(data, i, depth); !ok {
			return i, false
		}
		if i = blanks(data, i); data[i] != ',' {
			return i + 1, data[i] == ']'
		}
	}
	return i, false
}

func object(data []byte, i, depth int) (end int, ok bool) {
	if i = blanks(data, i+1); data[i] == '}' {
		return i + 1, depth <= maxDepth
	}
	for ; depth <= maxDepth; i = blanks(data, i+1) {
		if data[i] != '"' {
			return i, false
		}
		if i, _, ok = quoted(data, i); !ok {
			return i, false
		}
		if i = blanks(data, i); data[i] != ':' {
			return i, false
		}
		if i, ok = value(data, blanks(data, i+1), depth); !ok {
			return i, false
		}
		if i = blanks(data, i); data[i] != ',' {
			return i + 1, data[i] == '}'
		}
	}
	return i, false
}

// decimal finds the end of a number as JSON writes it.
func decimal(data []byte, i int) (end int, ok bool) {
	if data[i] == '-' {
		i++
	}
	begin := i
	if i = digits(data, i); i == begin || data[begin] == '0' && i > begin+1 {
		return i, false
	}
	if data[i] == '.' {
		begin = i + 1
		if i = digits(data, begin); i == begin {
			return i, false
		}
	}
	if data[i]|0x20 == 'e' {
		if i++; data[i] == '+' || data[i] == '-' {
			i++
		}
		begin = i
		if i = digits(data, i); i == begin {
			return i, false
		}
	}
	return i, true
}

func digits(data []byte, i int) int {
	for data[i]-'0' <= 9 {
		i++
	}
	return i
}
