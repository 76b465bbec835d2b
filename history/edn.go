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
	in      *edn.Reader
	entered bool // the vector's bracket, if there is one, has been read
}

func newEDNSource(in *bufio.Reader) *ednSource { return &ednSource{in: edn.NewReader(in)} }

func (s *ednSource) at(err error) error { return atLine(err, s.in.Line()) }

func (s *ednSource) next() (Op, error) {
	if !s.entered { // elements of one vector are read like forms of their own
		s.entered = true
		if _, err := s.in.Enter(); err != nil {
			return Op{}, s.bad(err)
		}
	}
	form, err := s.in.Next()
	if err != nil {
		return Op{}, s.bad(err)
	}
	op, err := opOfEDN(form)
	if err != nil {
		return Op{}, s.bad(err)
	}
	return op, nil
}

func (s *ednSource) bad(err error) error {
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, edn.ErrClosed):
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
		return Op{}, fmt.Errorf("an event is a map, not %s", textOf(form))
	}
	op := Op{Value: null}
	seen := map[string]bool{}
	for _, p := range m {
		key, _ := p.Key.(edn.Keyword)
		seen[string(key)] = true
		var err error
		switch key {
		case "process":
			op.Process, err = processOf(p.Value)
		case "type":
			err = op.Kind.UnmarshalText([]byte(textOf(p.Value)))
		case "f":
			op.F = textOf(p.Value)
		case "time":
			var ns int64
			ns, err = strconv.ParseInt(textOf(p.Value), 10, 64)
			op.Time = time.Duration(ns)
			if err != nil || ns < 0 {
				err = fmt.Errorf("time is %s, want nanoseconds from 0", textOf(p.Value))
			}
		case "value":
			op.Key, op.Value, err = valueOf(p.Value)
		case "node":
			op.Node = NodeID(textOf(p.Value))
		case "error":
			op.Err = textOf(p.Value)
		}
		if err != nil {
			return Op{}, err
		}
	}
	for _, need := range []string{"process", "type", "f"} {
		if !seen[need] {
			return Op{}, fmt.Errorf("an event needs a :%s", need)
		}
	}
	return op, nil
}

func processOf(v any) (Process, error) {
	text := textOf(v)
	if text == "nemesis" {
		return Nemesis, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("process is %s, want a number from 0 or :nemesis", text)
	}
	return Process(n), nil
}

// valueOf is a form as JSON; the tuple of jepsen.independent is taken apart.
func valueOf(v any) (key string, value json.RawMessage, err error) {
	if t, ok := v.(edn.Tagged); ok && strings.Contains(t.Tag, "independent") {
		if pair, ok := t.Value.(edn.Vector); ok && len(pair) == 2 {
			key, v = textOf(pair[0]), pair[1]
		}
	}
	buf, err := appendForm(nil, v)
	return key, buf, err
}

// textOf is a form as a name: a keyword or string as it stands, anything else as JSON.
func textOf(v any) string {
	switch v := v.(type) {
	case edn.Keyword:
		return string(v)
	case edn.Symbol:
		return string(v)
	case edn.Char:
		return string(v)
	case edn.Number:
		return string(v)
	case string:
		return v
	}
	buf, err := appendForm(nil, v)
	if err != nil {
		return err.Error()
	}
	return string(buf)
}

// appendForm appends a form as JSON.
func appendForm(buf []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(buf, "null"...), nil
	case bool:
		return strconv.AppendBool(buf, v), nil
	case edn.Number:
		return append(buf, v...), nil
	case edn.Vector:
		return appendForms(buf, v)
	case edn.Set:
		return appendForms(buf, v)
	case edn.Map:
		return appendMap(buf, v)
	case edn.Tagged:
		return appendMap(buf, edn.Map{{Key: "#" + v.Tag, Value: v.Value}})
	}
	text, err := json.Marshal(textOf(v))
	return append(buf, text...), err
}

func appendForms(buf []byte, forms []any) ([]byte, error) {
	buf = append(buf, '[')
	var err error
	for i, f := range forms {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = appendForm(buf, f); err != nil {
			return buf, err
		}
	}
	return append(buf, ']'), nil
}

func appendMap(buf []byte, m edn.Map) ([]byte, error) {
	buf = append(buf, '{')
	for i, p := range m {
		if i > 0 {
			buf = append(buf, ',')
		}
		key, err := json.Marshal(textOf(p.Key))
		if err != nil {
			return buf, err
		}
		buf = append(append(buf, key...), ':')
		if buf, err = appendForm(buf, p.Value); err != nil {
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
