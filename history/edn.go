package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/internal/edn"
)

// ReadEDN reads a history as Jepsen writes it: maps one after another, or one vector of maps; each plain or tagged
// #jepsen.history.Op. Keywords and symbols become strings, nil null, sets and lists arrays, keys of maps strings, a
// jepsen.independent tuple the event's Key with its Value, and any other tagged form an object {"#tag": value}. A file that
// breaks off in mid-form is read up to there and says so in Cut.
func ReadEDN(r io.Reader) (*History, error) {
	return readAll(newEDNSource(bufio.NewReaderSize(r, 1<<20)))
}

// ednSource reads EDN form by form.
type ednSource struct {
	in    *edn.Reader
	begun bool
	read  int // forms
	head  Initial
}

func newEDNSource(in *bufio.Reader) *ednSource { return &ednSource{in: edn.NewReader(in)} }

func (s *ednSource) header() Initial { return s.head }

func (s *ednSource) at(err error) error { return atLine(err, s.in.Line()) }

func (s *ednSource) next() (Op, error) {
	if !s.begun { // elements of one vector are read like forms of their own
		s.begun = true
		if _, err := s.in.Enter(); err != nil {
			return Op{}, s.bad(err)
		}
	}
	form, err := s.in.Next()
	if errors.Is(err, edn.ErrClosed) {
		if _, err = s.in.Next(); !errors.Is(err, io.EOF) { // nothing is passed over in silence
			err = errors.New("something follows the vector of events")
		}
	}
	if err != nil {
		return Op{}, s.bad(err)
	}
	if s.read++; s.read == 1 {
		head, is, err := ednHeaderOf(form)
		if err != nil {
			return Op{}, s.bad(err)
		}
		if is {
			s.head = head
			return s.next()
		}
	}
	op, err := opOfEDN(form)
	if err != nil {
		return Op{}, s.bad(err)
	}
	return op, nil
}

func (s *ednSource) bad(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		return cutOff(fmt.Sprintf("line %d breaks off", s.in.Line()))
	}
	return &LineError{s.in.Line(), err.Error()}
}

func opOfEDN(form any) (Op, error) {
	if t, ok := form.(edn.Tagged); ok {
		form = t.Value
	}
	m, ok := form.(edn.Map)
	if !ok {
		text, err := textOf(form, wholeName)
		if err == nil {
			err = fmt.Errorf("an event is a map, not %s", text)
		}
		return Op{}, err
	}
	op := Op{Value: null}
	seen := map[edn.Keyword]bool{}
	for _, p := range m {
		key, _ := p.Key.(edn.Keyword)
		seen[key] = true
		if err := op.setEDN(key, p.Value); err != nil {
			return Op{}, err
		}
	}
	seen["f"] = op.F != ""
	for _, need := range []edn.Keyword{"process", "type", "f"} {
		if !seen[need] {
			return Op{}, fmt.Errorf("an event needs a :%s", need)
		}
	}
	return op, nil
}

// setEDN sets a field of an event; those it does not know are passed over.
func (op *Op) setEDN(field edn.Keyword, form any) error {
	switch field {
	case "value":
		var err error
		op.Key, op.Value, err = valueOf(form)
		return err
	case "final", "final?": // as Maelstrom and Jepsen's workloads mark final reads
		op.Final = op.Final || form == true
		return nil
	case "process", "type", "f", "time", "node", "error":
	default:
		return nil
	}
	text, err := textOf(form, wholeName)
	if err != nil {
		return err
	}
	switch field {
	case "process":
		op.Process, err = processOf(text)
	case "type":
		err = op.Kind.UnmarshalText([]byte(text))
	case "f":
		op.F = text
	case "time":
		ns, bad := strconv.ParseInt(text, 10, 64)
		if op.Time = time.Duration(ns); bad != nil || ns < 0 {
			err = fmt.Errorf("time is %s, want nanoseconds from 0", text)
		}
	case "node":
		op.Node = NodeID(text)
	case "error":
		op.Err = text
	}
	return err
}

func processOf(text string) (Process, error) {
	if text == "nemesis" {
		return Nemesis, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("process is %s, want a number from 0 or :nemesis", text)
	}
	return Process(n), nil
}

// valueOf is the value of an event, with the key if it is a tuple of jepsen.independent.
func valueOf(form any) (key string, value json.RawMessage, err error) {
	if t, ok := form.(edn.Tagged); ok && strings.Contains(t.Tag, "independent") {
		if pair, ok := t.Value.(edn.Vector); ok && len(pair) == 2 {
			form = pair[1]
			if key, err = textOf(pair[0], wholeName); err != nil {
				return "", nil, err
			}
		}
	}
	value, err = jsonOf(form)
	return key, value, err
}

// jsonOf is a form as the JSON of an event's value.
func jsonOf(form any) (json.RawMessage, error) {
	value, err := appendForm(nil, form, 0)
	if err == nil {
		err = checkDepth(value, 1)
	}
	return value, err
}

// A name that is itself a form is written as JSON, and what is a name in it as a string of JSON in that: each level doubles the
// quotes of the one within. So there are few.
const (
	wholeName = 1 // what is not part of a value
	mostNames = 3 // within each other
)

// textOf is a form as a name: a keyword or string as it stands, anything else as JSON. It is the level-th of names within
// each other.
func textOf(form any, level int) (string, error) {
	switch form := form.(type) {
	case edn.Keyword:
		return string(form), nil
	case edn.Symbol:
		return string(form), nil
	case edn.Char:
		return string(form), nil
	case edn.Number:
		return string(form), nil
	case string:
		return form, nil
	}
	if level > mostNames {
		return "", fmt.Errorf("the keys of maps nest more than %d levels deep", mostNames)
	}
	text, err := appendForm(nil, form, level)
	return string(text), err
}

// appendForm appends a form as JSON, within so many names.
func appendForm(buf []byte, form any, names int) ([]byte, error) {
	switch form := form.(type) {
	case nil:
		return append(buf, "null"...), nil
	case bool:
		return strconv.AppendBool(buf, form), nil
	case edn.Number:
		return append(buf, form...), nil
	case edn.Vector:
		return appendForms(buf, form, names)
	case edn.Set:
		return appendForms(buf, form, names)
	case edn.Map:
		return appendMap(buf, form, names)
	case edn.Tagged:
		return appendMap(buf, edn.Map{{Key: "#" + form.Tag, Value: form.Value}}, names)
	}
	text, err := textOf(form, names)
	if err != nil {
		return buf, err
	}
	return appendString(buf, text)
}

func appendString(buf []byte, text string) ([]byte, error) {
	literal, err := json.Marshal(text)
	return append(buf, literal...), err
}

func appendForms(buf []byte, forms []any, names int) ([]byte, error) {
	buf = append(buf, '[')
	var err error
	for i, f := range forms {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = appendForm(buf, f, names); err != nil {
			return buf, err
		}
	}
	return append(buf, ']'), nil
}

func appendMap(buf []byte, m edn.Map, names int) ([]byte, error) {
	buf = append(buf, '{')
	for i, p := range m {
		if i > 0 {
			buf = append(buf, ',')
		}
		key, err := textOf(p.Key, names+1)
		if err != nil {
			return buf, err
		}
		if buf, err = appendString(buf, key); err != nil {
			return buf, err
		}
		if buf, err = appendForm(append(buf, ':'), p.Value, names); err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

// WriteEDN writes a history as Jepsen's tools read it: a map a line. A Key becomes the first of a [key value] pair, the
// names of a transaction's micro-operations and of an object's fields become keywords or, where they are whole numbers, those,
// and {"#tag": value} becomes what it was read from.
func WriteEDN(w io.Writer, h *History) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var buf []byte
	if h.Initial.Given() {
		head, err := appendHeader(nil, h.Initial)
		if err != nil {
			return err
		}
		if buf, err = appendValueEDN(nil, &Op{Value: head}); err != nil {
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
		if buf, err = appendValueEDN(buf, op); err != nil {
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

func appendValueEDN(buf []byte, op *Op) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(op.Value))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return buf, err
	}
	if op.Key != "" {
		buf = append(appendName(append(buf, '['), op.Key, edn.AppendString), ' ')
	}
	if calls, ok := v.([]any); ok && op.F == "txn" {
		buf = appendTxnEDN(buf, calls)
	} else {
		buf = appendEDN(buf, v)
	}
	if op.Key != "" {
		return append(buf, ']'), nil
	}
	return buf, nil
}

func appendTxnEDN(buf []byte, calls []any) []byte {
	buf = append(buf, '[')
	for i, c := range calls {
		if i > 0 {
			buf = append(buf, ' ')
		}
		call, ok := c.([]any)
		if !ok || len(call) == 0 {
			buf = appendEDN(buf, c)
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
			buf = appendEDN(buf, part)
		}
		buf = append(buf, ']')
	}
	return append(buf, ']')
}

func appendEDN(buf []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(buf, "nil"...)
	case bool:
		return strconv.AppendBool(buf, v)
	case json.Number:
		return append(buf, v...)
	case string:
		return edn.AppendString(buf, v)
	case []any:
		buf = append(buf, '[')
		for i, item := range v {
			if i > 0 {
				buf = append(buf, ' ')
			}
			buf = appendEDN(buf, item)
		}
		return append(buf, ']')
	case map[string]any:
		for name, value := range v {
			if tag, tagged := strings.CutPrefix(name, "#"); tagged && len(v) == 1 && edn.IsTag(tag) {
				return appendEDN(append(append(append(buf, '#'), tag...), ' '), value)
			}
		}
		buf = append(buf, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				buf = append(buf, ", "...)
			}
			buf = append(appendName(buf, key, edn.AppendKeyword), ' ')
			buf = appendEDN(buf, v[key])
		}
		return append(buf, '}')
	}
	return buf
}

// appendName appends what was a number before it became a name as a number, which accounts and keys are in Jepsen's workloads,
// and anything else by spell.
func appendName(buf []byte, name string, spell func([]byte, string) []byte) []byte {
	if edn.IsNumber(name) {
		return append(buf, name...)
	}
	return spell(buf, name)
}
