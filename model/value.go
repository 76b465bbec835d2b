package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
)

// Value is a JSON value in canonical form: no spaces, the keys of objects sorted, whole numbers
// without point or exponent. Values that mean the same are the same string.
type Value string

// Null is the value of what was never written.
const Null Value = "null"

// seed is this process's own: hashes speed up comparisons and decide nothing.
var seed = maphash.MakeSeed()

func (v Value) hash() uint64 { return maphash.String(seed, string(v)) }

// ParseValue reads a JSON value; nothing at all is null.
func ParseValue(raw []byte) (Value, error) {
	switch {
	case len(raw) == 0:
		return Null, nil
	case isCanonical(raw):
		return Value(raw), nil
	}
	if !json.Valid(raw) {
		return "", fmt.Errorf("%s is not JSON", brief(raw))
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return "", err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(canonical(tree)); err != nil {
		return "", err
	}
	return Value(bytes.TrimSuffix(out.Bytes(), []byte{'\n'})), nil
}

// isCanonical recognises the common values that need no work: whole numbers, null, true and false.
func isCanonical(raw []byte) bool {
	return isWholeNumber(raw) || string(raw) == "null" || string(raw) == "true" || string(raw) == "false"
}

// isWholeNumber recognises a whole number in canonical form.
func isWholeNumber[Text []byte | string](text Text) bool {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(text) > 1 {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

// canonical rewrites the numbers of a decoded value; encoding/json sorts the keys of objects
// itself.
func canonical(tree any) any {
	switch t := tree.(type) {
	case json.Number:
		return canonicalNumber(string(t))
	case []any:
		for i := range t {
			t[i] = canonical(t[i])
		}
	case map[string]any:
		for k := range t {
			t[k] = canonical(t[k])
		}
	}
	return tree
}

// canonicalNumber writes whole numbers that a float64 holds exactly without point and exponent.
// Others are written in the shortest form that reads back as the same float64; whole numbers in
// plain digits stay as they are, however long.
func canonicalNumber(text string) json.Number {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			return "0"
		}
		return json.Number(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return json.Number(text)
	}
	const exact = 1 << 53
	if whole := int64(f); -exact <= f && f <= exact && float64(whole) == f {
		return json.Number(strconv.FormatInt(whole, 10))
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

// listOf writes values as an array.
func listOf(values []Value) Value {
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(v))
	}
	b.WriteByte(']')
	return Value(b.String())
}

// parseList reads an array of values.
func parseList(raw []byte) ([]Value, bool) {
	if values, ok := parsePlainList(string(raw)); ok {
		return values, true
	}
	items, ok := listItems(raw)
	if !ok {
		return nil, false
	}
	values := make([]Value, len(items))
	for i, item := range items {
		v, err := ParseValue(item)
		if err != nil {
			return nil, false
		}
		values[i] = v
	}
	return values, true
}

// listItems are the parts of an array, also of one that history read as a set or a vector of EDN
// where plain JSON is another's.
func listItems(raw []byte) ([]json.RawMessage, bool) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) == nil {
		return items, items != nil
	}
	var list struct {
		Set    []json.RawMessage `json:"#set"`
		Vector []json.RawMessage `json:"#vector"`
	}
	if json.Unmarshal(raw, &list) != nil || (list.Set == nil) == (list.Vector == nil) {
		return nil, false
	}
	return append(list.Set, list.Vector...), true
}

// parsePlainList reads an array of whole numbers without spaces, which is what most lists are, into
// parts of one string.
func parsePlainList(text string) ([]Value, bool) {
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return nil, false
	}
	text = text[1 : len(text)-1]
	if text == "" {
		return []Value{}, true
	}
	values := make([]Value, 0, 1+strings.Count(text, ","))
	for more := true; more; {
		var item string
		item, text, more = strings.Cut(text, ",")
		if !isWholeNumber(item) {
			return nil, false
		}
		values = append(values, Value(item))
	}
	return values, true
}

// parsePair reads an array of two values.
func parsePair(raw []byte) (a, b Value, ok bool) {
	values, ok := parseList(raw)
	if !ok || len(values) != 2 {
		return "", "", false
	}
	return values[0], values[1], true
}

// parseInt reads a whole number.
func parseInt(raw []byte) (int64, bool) {
	v, err := ParseValue(raw)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// join writes values as a list, shortened in the middle so that a sentence stays a sentence.
func join(values []Value) string {
	const ends = 4
	var b strings.Builder
	b.WriteByte('[')
	for i, v := range values {
		if len(values) > 2*ends+1 && i >= ends && i < len(values)-ends {
			if i == ends {
				b.WriteString(" … ")
				b.WriteString(strconv.Itoa(len(values) - 2*ends))
				b.WriteString(" more …")
			}
			continue
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(v))
	}
	b.WriteByte(']')
	return b.String()
}

// sorted reports values in order, and whether none occurs twice.
func sorted(values []Value) ([]Value, bool) {
	values = slices.Clone(values)
	slices.Sort(values)
	for i := 1; i < len(values); i++ {
		if values[i] == values[i-1] {
			return values, false
		}
	}
	return values, true
}
