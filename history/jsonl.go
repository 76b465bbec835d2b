package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// maxLine bounds one event in bytes: a hostile file must not make the reader allocate without end.
const maxLine = 16 << 20

// maxDepth bounds how deeply an event may nest, the braces of its line among it: in whichever form
// it is read, it can be written as JSON lines.
const maxDepth = 64

// LineError is a line that is no event.
type LineError struct {
	Line int // from 1
	What string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, oneLine(e.What)) }

// longestError bounds, in bytes, what an error quotes of a file.
const longestError = 400

// oneLine is a text as it may stand in an error: whatever a file holds, its error is one line of
// ordinary length.
func oneLine(text string) string {
	if len(text) > longestError {
		text = strings.ToValidUTF8(text[:longestError], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// lineSource reads JSON lines one by one.
type lineSource struct {
	lineReader
	scanner scanner
	head    Initial
}

func newLineSource(in *bufio.Reader) *lineSource { return &lineSource{lineReader: lineReader{in: in}} }

func (s *lineSource) header() Initial { return s.head }

func (s *lineSource) next() (Op, error) { return s.lineReader.next(s.parse) }

func (s *lineSource) parse(line []byte) (op Op, found bool, err error) {
	op.Value = null
	if _, ok := s.scanner.event(line, 0, &op); ok {
		return op, true, nil
	}
	text := bytes.TrimSpace(line)
	if len(text) == 0 {
		return Op{}, false, nil
	}
	if s.number == 1 {
		head, is, err := headerOf(text)
		if is {
			s.head = head
			return Op{}, false, err
		}
	}
	op, err = parseOp(text)
	return op, err == nil, err
}

// lineReader reads lines that hold an event or nothing.
type lineReader struct {
	in     *bufio.Reader
	buf    []byte // the line, with its newline
	number int    // of the lines read so far
	ended  bool   // the last line had no newline
	broken bool   // the file does not end with that line, but breaks off in it
}

func (r *lineReader) at(err error) error { return atLine(err, r.number) }

// next is the event of the next line that holds one.
func (r *lineReader) next(parse func(line []byte) (op Op, found bool, err error)) (Op, error) {
	for !r.ended {
		err := r.read()
		r.number++
		if err != nil {
			return Op{}, &LineError{r.number, err.Error()}
		}
		switch op, found, err := parse(r.buf); {
		case found:
			return op, nil
		case err != nil && !r.ended:
			return Op{}, &LineError{r.number, err.Error()}
		case err != nil:
			r.broken = true
		}
	}
	if r.broken {
		return Op{}, cutOff(fmt.Sprintf("line %d breaks off", r.number))
	}
	return Op{}, io.EOF
}

// read reads the next line into buf. The end of the file ends a line that is not whole.
func (r *lineReader) read() error {
	r.buf = r.buf[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		r.buf = append(r.buf, part...)
		switch {
		case len(r.buf) > maxLine+1 || len(r.buf) == maxLine+1 && err != nil:
			return fmt.Errorf("longer than %d bytes", maxLine)
		case err == nil:
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			r.ended, r.broken = true, errors.Is(err, io.ErrUnexpectedEOF)
			r.buf = append(r.buf, '\n')
			return nil
		}
		return err
	}
}

var null = json.RawMessage("null")

// checkDepth refuses JSON that nests too deeply at the given depth, before anything recursive sees
// it.
func checkDepth(text []byte, depth int) error {
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
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

// AppendJSON appends op as one line of history.jsonl, without the newline. The bytes depend on op
// alone.
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
	if h.Initial.Given() {
		head, err := appendHeader(nil, h.Initial)
		if err != nil {
			return err
		}
		if _, err := out.Write(head); err != nil {
			return err
		}
	}
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
