package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/splitvote/splitvote/internal/edn"
)

// WriteEDN writes a history as Jepsen's tools read it: a map a line. A Key becomes the first of a
// [key value] pair, the names of a transaction's micro-operations and of an object's fields become
// keywords or, where they are whole numbers, those, and {"#tag": value} becomes what it was read
// from.
func WriteEDN(w io.Writer, h *History) error {
	out := bufio.NewWriterSize(w, 1<<16)
	spelt := ednWriter{taken: map[ednThing]bool{}}
	for _, value := range h.Initial.all() {
		spelt.see(&Op{Value: value})
	}
	for i := range h.Ops {
		spelt.see(&h.Ops[i])
	}
	var buf []byte
	if h.Initial.Given() {
		var err error
		if buf, err = spelt.header(nil, h.Initial); err != nil {
			return err
		}
		if _, err := out.Write(append(buf, '\n')); err != nil {
			return err
		}
	}
	for i := range h.Ops {
		op := &h.Ops[i]
		buf = fmt.Appendf(buf[:0], "{:index %d, :time %d, :type :%s, :process ", op.Index, int64(op.Time), op.Kind)
		if op.Process == Nemesis {
			buf = append(buf, ":nemesis"...)
		} else {
			buf = strconv.AppendInt(buf, int64(op.Process), 10)
		}
		buf = edn.AppendKeyword(append(buf, ", :f "...), op.F)
		buf = append(buf, ", :value "...)
		var err error
		if buf, err = spelt.value(buf, op); err != nil {
			return fmt.Errorf("event %d: %w", op.Index, err)
		}
		if op.Node != "" {
			buf = edn.AppendString(append(buf, ", :node "...), string(op.Node))
		}
		if op.Err != "" {
			buf = edn.AppendString(append(buf, ", :error "...), op.Err)
		}
		if op.Final {
			buf = append(buf, ", :final? true"...)
		}
		if _, err := out.Write(append(buf, "}\n"...)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// ednWriter writes values so that [ednValues] reads them apart again. A value that is not plain is
// written as the kind that it names. A plain one may be read from several kinds; it is written as
// the first, of those usual in its place, that is not written for something else.
type ednWriter struct{ taken map[ednThing]bool }

// ednThing is a form by its kind and its plain JSON, as a value or as a name.
type ednThing struct {
	kind ednKind
	text string
	name bool
}

// see notes what is not plain in an event.
func (w *ednWriter) see(op *Op) {
	w.seeName(op.Key)
	if !bytes.Contains(op.Value, []byte(`"#`)) {
		return
	}
	if v, err := decodeJSON(op.Value); err == nil {
		w.seeAll(v)
	}
}

func (w *ednWriter) seeName(name string) {
	if thing, ok := kindOfName(name); ok {
		w.taken[thing] = true
	}
}

func (w *ednWriter) seeAll(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			w.seeAll(item)
		}
	case map[string]any:
		if kind, inner, ok := kindOf(v); ok {
			w.taken[ednThing{kind, plainText(inner), false}] = true
		}
		for name, value := range v {
			w.seeName(name)
			w.seeAll(value)
		}
	}
}

// kindOfName takes a name apart that is not plain.
func kindOfName(name string) (ednThing, bool) {
	kind, text, ok := strings.Cut(strings.TrimPrefix(name, "#"), " ")
	return ednThing{ednKind(kind), text, true}, ok && name[0] == '#' && isKind(kind)
}

// kindOf takes an object apart that stands for what is not plain.
func kindOf(v map[string]any) (kind ednKind, inner any, ok bool) {
	for name, inner := range v {
		tag, marked := strings.CutPrefix(name, "#")
		return ednKind(tag), inner, marked && len(v) == 1 && isKind(tag)
	}
	return "", nil, false
}

// plainText is a string itself, and anything else as JSON.
func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, _ := json.Marshal(v) // what was decoded can be encoded
	return string(text)
}

func decodeJSON(raw []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

// header appends what objects hold initially.
func (w *ednWriter) header(buf []byte, initial Initial) ([]byte, error) {
	buf = append(buf, '{')
	if initial.All != nil {
		v, err := decodeJSON(initial.All)
		if err != nil {
			return buf, err
		}
		buf = w.append(append(buf, ":initial "...), v)
	}
	if initial.Keys == nil {
		return append(buf, '}'), nil
	}
	if initial.All != nil {
		buf = append(buf, ", "...)
	}
	buf = append(buf, ":initial-by-key {"...)
	for i, key := range slices.Sorted(maps.Keys(initial.Keys)) {
		if i > 0 {
			buf = append(buf, ", "...)
		}
		v, err := decodeJSON(initial.Keys[key])
		if err != nil {
			return buf, err
		}
		buf = w.append(append(w.name(buf, key, ednString), ' '), v)
	}
	return append(buf, "}}"...), nil
}

func (w *ednWriter) value(buf []byte, op *Op) ([]byte, error) {
	v, err := decodeJSON(op.Value)
	if err != nil {
		return buf, err
	}
	if op.Key != "" {
		buf = append(w.name(append(buf, '['), op.Key, ednString), ' ')
	}
	if calls, ok := v.([]any); ok && op.F == "txn" {
		buf = w.transaction(buf, calls)
	} else {
		buf = w.append(buf, v)
	}
	if op.Key != "" {
		return append(buf, ']'), nil
	}
	return buf, nil
}

func (w *ednWriter) transaction(buf []byte, calls []any) []byte {
	buf = append(buf, '[')
	for i, c := range calls {
		if i > 0 {
			buf = append(buf, ' ')
		}
		call, ok := c.([]any)
		if !ok || len(call) == 0 {
			buf = w.append(buf, c)
			continue
		}
		buf = append(buf, '[')
		for j, part := range call {
			if name, ok := part.(string); ok && j == 0 {
				buf = edn.AppendKeyword(buf, name)
				continue
			}
			if j > 0 {
				buf = append(buf, ' ')
			}
			buf = w.append(buf, part)
		}
		buf = append(buf, ']')
	}
	return append(buf, ']')
}

func (w *ednWriter) append(buf []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(buf, "nil"...)
	case bool:
		return strconv.AppendBool(buf, v)
	case json.Number:
		return append(buf, v...)
	case string:
		return w.first(buf, v, ednString, false)
	case []any:
		if w.taken[ednThing{ednVector, plainText(v), false}] {
			return w.list(append(buf, "#{"...), v, '}')
		}
		return w.list(append(buf, '['), v, ']')
	case map[string]any:
		return w.object(buf, v)
	}
	return buf
}

func (w *ednWriter) list(buf []byte, items []any, end byte) []byte {
	for i, item := range items {
		if i > 0 {
			buf = append(buf, ' ')
		}
		buf = w.append(buf, item)
	}
	return append(buf, end)
}

// object appends a map, or what an object with one field stands for.
func (w *ednWriter) object(buf []byte, v map[string]any) []byte {
	kind, inner, ok := kindOf(v)
	items, isList := inner.([]any)
	switch {
	case ok && kind == tagged && len(items) == 2 && edn.IsTag(fmt.Sprint(items[0])):
		return w.append(append(append(append(buf, '#'), fmt.Sprint(items[0])...), ' '), items[1])
	case ok && kind == ednSet && isList:
		return w.list(append(buf, "#{"...), items, '}')
	case ok && kind == ednVector && isList:
		return w.list(append(buf, '['), items, ']')
	case ok:
		if text, isText := inner.(string); isText {
			if spelt, ok := spell(buf, kind, text); ok {
				return spelt
			}
		}
	default:
		for name, value := range v {
			if tag, marked := strings.CutPrefix(name, "#"); marked && len(v) == 1 && edn.IsTag(tag) {
				return w.append(append(append(append(buf, '#'), tag...), ' '), value)
			}
		}
	}
	buf = append(buf, '{')
	for i, key := range slices.Sorted(maps.Keys(v)) {
		if i > 0 {
			buf = append(buf, ", "...)
		}
		buf = append(w.name(buf, key, ednKeyword), ' ')
		buf = w.append(buf, v[key])
	}
	return append(buf, '}')
}

// name appends what was a number before it became a name as a number, which accounts and keys are
// in Jepsen's workloads, and anything else as of the usual kind.
func (w *ednWriter) name(buf []byte, name string, usual ednKind) []byte {
	if thing, ok := kindOfName(name); ok {
		if spelt, ok := spell(buf, thing.kind, thing.text); ok {
			return spelt
		}
		if v, err := decodeJSON([]byte(thing.text)); err == nil && thing.kind == ednForm {
			return w.append(buf, v)
		}
	}
	if edn.IsNumber(name) && !w.taken[ednThing{ednNumber, name, true}] {
		return append(buf, name...)
	}
	return w.first(buf, name, usual, true)
}

// first appends plain text as the usual kind, or else as the first kind that is not written for
// something else.
func (w *ednWriter) first(buf []byte, text string, usual ednKind, name bool) []byte {
	if usual == ednKeyword && edn.AppendKeyword(nil, text)[0] != ':' {
		usual = ednString // it is odd as a keyword
	}
	for _, kind := range []ednKind{usual, ednKeyword, ednString, ednSymbol, ednChar, ednRatio, ednSpecial} {
		if w.taken[ednThing{kind, text, name}] {
			continue
		}
		if spelt, ok := spell(buf, kind, text); ok {
			return spelt
		}
	}
	if v, err := decodeJSON([]byte(text)); err == nil { // a name that is a form
		return w.append(buf, v)
	}
	return edn.AppendString(buf, text)
}

// spell appends a form that is plainly written as text; false if nothing of that kind is.
func spell(buf []byte, kind ednKind, text string) ([]byte, bool) {
	switch kind {
	case ednString:
		return edn.AppendString(buf, text), true
	case ednKeyword:
		return append(append(buf, ':'), text...), edn.IsToken(text)
	case ednSymbol:
		return append(buf, text...), edn.IsSymbol(text)
	case ednChar:
		return edn.AppendChar(buf, text), utf8.RuneCountInString(text) == 1
	case ednRatio:
		return append(buf, text...), edn.IsRatio(text)
	case ednNumber:
		return append(buf, text...), edn.IsNumber(text)
	case ednSpecial:
		return append(append(buf, "##"...), text...), text == "NaN" || text == "Inf" || text == "-Inf"
	}
	return buf, false
}
