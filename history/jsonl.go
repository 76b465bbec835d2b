package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one event in bytes: a hostile file must not make the reader allocate without end.
const maxLine = 16 << 20

// maxDepth bounds how deeply a value may nest.
const maxDepth = 64

// LineError is a line that is no event.
type LineError struct {
	Line int // from 1
	What string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// Read reads a history as JSON lines, one event a line, and pairs it. Empty lines, and a first line that is an object
// without a "type" (a header), are passed over. A last line that breaks off without its newline is what a killed writer
// leaves: the history is read up to it and says so in Cut. Every other bad line is a *LineError, the first in the file.
func Read(r io.Reader) (*History, error) {
	return readAll(newLineSource(bufio.NewReaderSize(r, 1<<20)))
}

// lineSource reads JSON lines.
type lineSource struct {
	in     *bufio.Reader
	number int // of the lines read so far
}

func newLineSource(in *bufio.Reader) *lineSource { return &lineSource{in: in} }

func (s *lineSource) line() int { return s.number }

func (s *lineSource) next() (Op, error) {
	for {
		line, err := readLine(s.in)
		s.number++
		whole := err == nil
		if err != nil && !errors.Is(err, io.EOF) {
			return Op{}, &LineError{s.number, err.Error()}
		}
		text := bytes.TrimSpace(line)
		if len(text) > 0 && !(s.number == 1 && isHeader(text)) {
			op, bad := parseOp(text)
			switch {
			case bad == nil:
				return op, nil
			case whole:
				return op, &LineError{s.number, bad.Error()}
			}
			return op, cutOff(fmt.Sprintf("line %d breaks off", s.number))
		}
		if !whole {
			return Op{}, io.EOF
		}
	}
}

// readLine reads up to and without the next newline; at the end of the input it returns what is left with io.EOF. The
// line is valid until the next call.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	whole := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(whole) > maxLine {
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
		line, err = in.ReadSlice('\n')
		whole = append(whole, line...)
	}
	return bytes.TrimSuffix(whole, []byte{'\n'}), err
}

// isHeader says whether a line describes the file instead of being an event.
func isHeader(line []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) != nil {
		return false
	}
	_, event := fields["type"]
	return !event
}

func parseOp(line []byte) (Op, error) {
	if err := checkDepth(line); err != nil {
		return Op{}, err
	}
	raw := struct {
		Op
		Process *Process `json:"process"`
		Kind    *Kind    `json:"type"`
	}{}
	if err := json.Unmarshal(line, &raw); err != nil {
		return Op{}, err
	}
	switch {
	case raw.Process == nil:
		return Op{}, errors.New("an event needs a process")
	case raw.Kind == nil:
		return Op{}, errors.New("an event needs a type")
	case raw.F == "":
		return Op{}, errors.New("an event needs an f")
	case raw.Time < 0:
		return Op{}, fmt.Errorf("time is %d, want nanoseconds from 0", raw.Time)
	}
	op := raw.Op
	op.Process, op.Kind = *raw.Process, *raw.Kind
	if op.Value == nil {
		op.Value = null
	}
	return op, nil
}

var null = json.RawMessage("null")

// checkDepth refuses values that nest too deeply, before anything recursive sees them.
func checkDepth(line []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("nests more than %d levels deep", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// AppendJSON appends op as one line of history.jsonl, without the newline. The bytes depend on op alone.
func AppendJSON(buf []byte, op *Op) ([]byte, error) {
	if op.Value == nil {
		op.Value = null
	}
	line, err := json.Marshal(op)
	if err != nil {
		return buf, fmt.Errorf("event %d: %w", op.Index, err)
	}
	return append(buf, line...), nil
}

// Write writes a history as JSON lines.
func Write(w io.Writer, h *History) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var buf []byte
	for i := range h.Ops {
		line, err := AppendJSON(buf[:0], &h.Ops[i])
		if err != nil {
			return err
		}
		buf = append(line, '\n')
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return out.Flush()
}
