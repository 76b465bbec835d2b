package history

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// arraySource reads one JSON array of events, as elle-cli writes it.
type arraySource struct {
	in    *bufio.Reader
	line  int // that is being read, from 1
	begun bool
	parse func(object []byte) (Op, error)
	buf   []byte
}

func newArraySource(in *bufio.Reader) *arraySource {
	return &arraySource{in: in, line: 1, parse: parseOp}
}

func (s *arraySource) at(err error) error { return atLine(err, s.line) }

func (s *arraySource) next() (Op, error) {
	object, err := s.element()
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Op{}, cutOff(fmt.Sprintf("line %d breaks off", s.line))
	case errors.Is(err, io.EOF):
		return Op{}, io.EOF
	case err != nil:
		return Op{}, &LineError{s.line, err.Error()}
	}
	op, err := s.parse(object)
	if err != nil {
		return Op{}, &LineError{s.line, err.Error()}
	}
	return op, nil
}

// element is the text of the next element. After the closing bracket comes io.EOF.
func (s *arraySource) element() ([]byte, error) {
	c, err := s.skip()
	if !s.begun {
		if err != nil || c != '[' {
			return nil, orWant(err, c, "'['")
		}
		s.begun = true
		if c, err = s.skip(); err == nil && c != ']' {
			return s.value(c)
		}
	} else if err == nil && c == ',' {
		if c, err = s.skip(); err != nil {
			return nil, orWant(err, c, "an event")
		}
		return s.value(c)
	}
	if err != nil || c != ']' {
		return nil, orWant(err, c, "',' or ']'")
	}
	if c, err = s.skip(); err == nil {
		return nil, errors.New("something follows the array of events")
	}
	return nil, err
}

// orWant is the error that reading had, or else that c is not what is wanted. In the midst of an
// array no file ends.
func orWant(err error, c byte, want string) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("unexpected %q, want %s", c, want)
}

// value reads an object that begins with c.
func (s *arraySource) value(c byte) ([]byte, error) {
	if c != '{' {
		return nil, fmt.Errorf("an event is an object, not %q…", c)
	}
	s.buf = append(s.buf[:0], c)
	inString := false
	for depth := 1; depth > 0; {
		c, err := s.byte()
		if err != nil {
			return nil, orWant(err, c, "")
		}
		if s.buf = append(s.buf, c); len(s.buf) > maxLine {
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
		switch {
		case inString && c == '\\':
			if c, err = s.byte(); err != nil {
				return nil, orWant(err, c, "")
			}
			s.buf = append(s.buf, c)
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	return s.buf, nil
}

func (s *arraySource) byte() (byte, error) {
	c, err := s.in.ReadByte()
	if c == '\n' {
		s.line++
	}
	return c, err
}

// skip is the next byte that is no white space.
func (s *arraySource) skip() (byte, error) {
	for {
		c, err := s.byte()
		if err != nil || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, err
		}
	}
}
