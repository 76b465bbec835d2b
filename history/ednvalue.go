package history

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/splitvote/splitvote/internal/edn"
)

// ednValues makes JSON of the values of one file of EDN, so that two values have the same JSON if
// and only if they are equal.
//
// Nil, booleans, numbers and lists are what they are in JSON. Keywords, strings, symbols,
// characters and ratios are strings there, and sets are arrays in an order of their elements. So
// several forms have the same plain JSON: :k, "k" and \k. The first of them in the file has it,
// and every other is written as an object that names its kind, {"#string":"k"}. A file that uses
// one kind only, as nearly all do, has plain JSON only.
//
// The keys of objects, and the keys of events, are names: text. A number, or a form in JSON, is
// one too, and what is not plain is preceded by its kind: "#string 1". names decides which names
// are plain. A name that begins with # is never plain, nor is a tag that has the name of a kind.
//
// Why equal forms are written alike: what is plain is decided once for each text and remembered,
// and the elements of sets and maps are sorted. Why others are not: the memory is of hashes, and
// if two texts have the same, the worst is that one is written with its kind although it need not
// be. The zero value is ready. A nil one writes everything plain.
type ednValues struct {
	plain   map[uint64]ednKind
	initial map[string]bool // keys whose initial value the header gives
}

// ednKind is what a form is where plain JSON does not say.
type ednKind string

// The kinds. Forms of the last two are kinds of names only.
const (
	ednKeyword ednKind = "keyword"
	ednString  ednKind = "string"
	ednSymbol  ednKind = "symbol"
	ednChar    ednKind = "char"
	ednRatio   ednKind = "ratio"
	ednSpecial ednKind = "special"
	ednPattern ednKind = "pattern"
	ednVector  ednKind = "vector"
	ednSet     ednKind = "set"
	ednNumber  ednKind = "number"
	ednForm    ednKind = "form"
)

// tagged is the tag of a form whose own tag is the name of a kind: {"#tagged":["set",1]}.
const tagged = "tagged"

func isKind(tag string) bool {
	switch ednKind(tag) {
	case ednKeyword, ednString, ednSymbol, ednChar, ednRatio, ednSpecial, ednPattern, ednVector, ednSet, ednNumber,
		ednForm, tagged:
		return true
	}
	return false
}

var ednSeed = maphash.MakeSeed()

// isPlain says whether what is plainly written so, in strings, arrays or names, is of that kind.
// The first that asks is right.
func (v *ednValues) isPlain(of byte, text []byte, kind ednKind) bool {
	if v == nil {
		return true
	}
	var h maphash.Hash
	h.SetSeed(ednSeed)
	h.WriteByte(of)
	h.Write(text)
	sum := h.Sum64()
	first, known := v.plain[sum]
	if !known {
		if v.plain == nil {
			v.plain = map[uint64]ednKind{}
		}
		v.plain[sum] = kind
	}
	return !known || first == kind
}

const (
	inStrings = 's'
	inArrays  = 'a'
	inNames   = 'n'
)

// set sets the value of an event, and its key if the value is a tuple of jepsen.independent. The
// nemesis's values are plain.
func (v *ednValues) set(op *Op, form any) (err error) {
	if op.Process == Nemesis {
		v = nil
	}
	if t, ok := form.(edn.Tagged); ok && strings.Contains(t.Tag, "independent") {
		if pair, ok := t.Value.(edn.Vector); ok && len(pair) == 2 {
			form = pair[1]
			if op.Key, err = v.name(pair[0], wholeName); err != nil {
				return err
			}
		}
	}
	if op.F != "txn" {
		op.Value, err = v.json(form)
		return err
	}
	if op.Value, err = v.transaction(form); err == nil {
		err = checkDepth(op.Value, 1)
	}
	return err
}

// json is a form as the JSON of a value.
func (v *ednValues) json(form any) (json.RawMessage, error) {
	value, err := v.append(nil, form, 0)
	if err == nil {
		err = checkDepth(value, 1)
	}
	return value, err
}

// transaction is a transaction as JSON: the names of its micro-operations are no values.
func (v *ednValues) transaction(form any) (json.RawMessage, error) {
	micros, ok := microOperations(form)
	if !ok {
		return v.append(nil, form, 0)
	}
	buf := []byte{'['}
	for i, m := range micros {
		if i > 0 {
			buf = append(buf, ',')
		}
		name, _ := atomOf(m[0])
		buf = appendString(append(buf, '['), name)
		if err := v.initialOfKey(m); err != nil {
			return nil, err
		}
		for _, part := range m[1:] {
			var err error
			if buf, err = v.append(append(buf, ','), part, 0); err != nil {
				return nil, err
			}
		}
		buf = append(buf, ']')
	}
	return append(buf, ']'), nil
}

// initialOfKey is an error if the key of a micro-operation is not plain but has the text of a key
// whose initial value the header gives.
func (v *ednValues) initialOfKey(micro edn.Vector) error {
	if v == nil || len(v.initial) == 0 || len(micro) < 2 {
		return nil
	}
	text, kind := atomOf(micro[1])
	if kind == "" || !v.initial[text] || onlyString(text, kind) || v.isPlain(inStrings, []byte(text), kind) {
		return nil
	}
	return fmt.Errorf("%s is a key and a %s besides, and initial-by-key does not tell which of them it means",
		text, kind)
}

// microOperations are the parts of a transaction, each of which begins with a name.
func microOperations(form any) ([]edn.Vector, bool) {
	list, ok := form.(edn.Vector)
	var micros []edn.Vector
	for _, part := range list {
		m, ok := part.(edn.Vector)
		if !ok || len(m) == 0 {
			return nil, false
		}
		if _, kind := atomOf(m[0]); kind != ednKeyword && kind != ednString && kind != ednSymbol {
			return nil, false
		}
		micros = append(micros, m)
	}
	return micros, ok
}

// atomOf is the text of a form that is a string in plain JSON; no kind if it is none.
func atomOf(form any) (text string, kind ednKind) {
	switch form := form.(type) {
	case string:
		return form, ednString
	case edn.Keyword:
		return string(form), ednKeyword
	case edn.Symbol:
		return string(form), ednSymbol
	case edn.Char:
		return string(form), ednChar
	case edn.Ratio:
		return string(form), ednRatio
	case edn.Special:
		return string(form), ednSpecial
	case edn.Pattern:
		return string(form), ednPattern
	}
	return "", ""
}

// append appends a form as JSON, at the given depth of names.
func (v *ednValues) append(buf []byte, form any, names int) ([]byte, error) {
	switch form := form.(type) {
	case nil:
		return append(buf, "null"...), nil
	case bool:
		return strconv.AppendBool(buf, form), nil
	case edn.Number:
		return append(buf, form...), nil
	case edn.Vector:
		return v.appendList(buf, form, ednVector, names)
	case edn.Set:
		return v.appendList(buf, form, ednSet, names)
	case edn.Map:
		return v.appendMap(buf, form, names)
	case edn.Tagged:
		if isKind(form.Tag) {
			form = edn.Tagged{Tag: tagged, Value: edn.Vector{form.Tag, form.Value}}
		}
		buf, err := v.append(append(appendString(append(buf, '{'), "#"+form.Tag), ':'), form.Value, names)
		return append(buf, '}'), err
	}
	text, kind := atomOf(form)
	if kind == ednPattern || !onlyString(text, kind) && !v.isPlain(inStrings, []byte(text), kind) {
		return append(appendString(append(appendString(append(buf, '{'), "#"+string(kind)), ':'), text), '}'), nil
	}
	return appendString(buf, text), nil
}

// onlyString says whether text is a string that nothing else is plainly written as: no token has a
// space or a bracket.
func onlyString(text string, kind ednKind) bool {
	return kind == ednString && !edn.IsToken(text) && utf8.RuneCountInString(text) != 1
}

// appendString appends text as a string of JSON.
func appendString(buf []byte, text string) []byte {
	literal, _ := json.Marshal(text) // of a string it cannot fail
	return append(buf, literal...)
}

// appendList appends a vector, or the elements of a set in order.
func (v *ednValues) appendList(buf []byte, forms []any, kind ednKind, names int) ([]byte, error) {
	items := make([][]byte, len(forms))
	var text []byte
	var err error
	for i, f := range forms {
		begin := len(text)
		if text, err = v.append(text, f, names); err != nil {
			return buf, err
		}
		items[i] = text[begin:len(text):len(text)]
	}
	if kind == ednSet {
		slices.SortFunc(items, inOrder)
	}
	list := append(bytes.Join(items, []byte{','}), ']')
	if ambiguous := kind == ednSet || slices.IsSortedFunc(items, inOrder); ambiguous &&
		!v.isPlain(inArrays, list, kind) {
		return append(append(append(appendString(append(buf, '{'), "#"+string(kind)), ":["...), list...), '}'), nil
	}
	return append(append(buf, '['), list...), nil
}

// inOrder puts the elements of sets in order: by length, so that whole numbers are in theirs.
func inOrder(a, b []byte) int { return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b)) }

// A name that is itself a form is written as JSON, and what is a name in it as a string of JSON in
// that: each level doubles the quotes of the one within. So there are few.
const (
	wholeName = 1 // what is not part of a value
	mostNames = 3 // within each other
)

var errNames = fmt.Errorf("the keys of maps nest more than %d levels deep", mostNames)

// name is a form as a name, the level-th of names within each other.
func (v *ednValues) name(form any, level int) (string, error) {
	text, kind := atomOf(form)
	if n, ok := form.(edn.Number); ok {
		text, kind = string(n), ednNumber
	} else if kind == "" {
		if level > mostNames {
			return "", errNames
		}
		json, err := v.append(nil, form, level)
		if err != nil {
			return "", err
		}
		text, kind = string(json), ednForm
	}
	if kind == ednPattern || strings.HasPrefix(text, "#") || !v.isPlain(inNames, []byte(text), kind) {
		return "#" + string(kind) + " " + text, nil
	}
	return text, nil
}

// appendMap appends a map in the order of its keys.
func (v *ednValues) appendMap(buf []byte, m edn.Map, names int) ([]byte, error) {
	type entry struct {
		name  string
		value []byte
	}
	entries := make([]entry, len(m))
	for i, p := range m {
		name, err := v.name(p.Key, names+1)
		if err != nil {
			return buf, err
		}
		value, err := v.append(nil, p.Value, names)
		if err != nil {
			return buf, err
		}
		entries[i] = entry{name, value}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	buf = append(buf, '{')
	for i, e := range entries {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(append(appendString(buf, e.name), ':'), e.value...)
	}
	return append(buf, '}'), nil
}

// textOf is a form as text that is no value, as an error or a name of a node: a keyword or string
// as it stands, anything else as JSON.
func textOf(form any) string {
	var plainly *ednValues
	if text, kind := atomOf(form); kind != "" {
		return text
	}
	text, err := plainly.append(nil, form, wholeName)
	if errors.Is(err, errNames) {
		return fmt.Sprint(form)
	}
	return string(text)
}
