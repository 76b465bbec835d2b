package txn

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/splitvote/splitvote/model"
)

// scanner reads JSON that is mostly whole numbers in lists, without copying. It accepts all JSON
// and some invalid JSON; a value that is taken for an element or a key is parsed in full.
type scanner struct {
	data []byte
	at   int
}

// skip passes over white space.
func (s *scanner) skip() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// take passes over c if it comes next.
func (s *scanner) take(c byte) bool {
	s.skip()
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

// end says whether nothing is left.
func (s *scanner) end() bool {
	s.skip()
	return s.at == len(s.data)
}

// value is the text of the next value; nil if there is none.
func (s *scanner) value() []byte {
	s.skip()
	from := s.at
	if s.at == len(s.data) {
		return nil
	}
	switch s.data[s.at] {
	case '[':
		rest := s.data[s.at+1:]
		end := bytes.IndexByte(rest, ']')
		if end >= 0 && plainList(rest[:end]) {
			s.at += end + 2
			return s.data[from:s.at]
		}
		return s.nested(from)
	case '{', '"':
		return s.nested(from)
	}
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			return s.data[from:s.at]
		}
		s.at++
	}
	return s.data[from:s.at]
}

// plainList says that a list's text up to the first closing bracket holds no strings, lists or
// objects.
func plainList(text []byte) bool {
	return bytes.IndexByte(text, '"') < 0 && bytes.IndexByte(text, '[') < 0 && bytes.IndexByte(text, '{') < 0
}

// nested is the text of a string, a list or an object.
func (s *scanner) nested(from int) []byte {
	depth, quoted := 0, false
	for ; s.at < len(s.data); s.at++ {
		c := s.data[s.at]
		switch {
		case quoted && c == '\\':
			s.at++
			continue
		case c == '"':
			quoted = !quoted
		case quoted:
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		}
		if depth == 0 && !quoted {
			s.at++
			return s.data[from:s.at]
		}
	}
	s.at = len(s.data)
	return nil
}

// listText is what stands between the brackets of a list, without white space; of null it is
// nothing.
func listText(raw []byte) ([]byte, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	if len(raw) < 2 || raw[0] != '[' || raw[len(raw)-1] != ']' {
		return nil, fmt.Errorf("a read returned %s, want a list or null", brief(raw))
	}
	text := raw[1 : len(raw)-1]
	if bytes.ContainsAny(text, " \t\n\r") {
		var out bytes.Buffer
		if err := json.Compact(&out, raw); err != nil {
			return nil, fmt.Errorf("a read returned %s: %w", brief(raw), err)
		}
		text = out.Bytes()[1 : out.Len()-1]
	}
	return text, nil
}

// canonical is a value in the form in which equal values have equal text.
func canonical(raw []byte) ([]byte, error) {
	if wholeNumber(raw) || simpleString(raw) {
		return raw, nil
	}
	v, err := model.ParseValue(raw)
	return []byte(v), err
}

// wholeNumber recognises a number that is its own canonical form.
func wholeNumber(raw []byte) bool {
	if len(raw) == 0 || len(raw) > 18 || raw[0] == '0' && len(raw) > 1 {
		return false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// simpleString recognises a string that is its own canonical form.
func simpleString(raw []byte) bool {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return false
	}
	for _, c := range raw[1 : len(raw)-1] {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// smallNumber is the value of a whole number that fits 31 bits.
func smallNumber(raw []byte) (n uint64, ok bool) {
	if len(raw) > 9 || !wholeNumber(raw) {
		return 0, false
	}
	for _, c := range raw {
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// brief cuts a value for a message.
func brief(raw []byte) string {
	const most = 60
	if len(raw) > most {
		return string(raw[:most]) + " ..."
	}
	return string(raw)
}
