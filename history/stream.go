package history

import (
	"errors"
	"io"
)

// Stream reads a history event by event, as they come: what a program has written to a pipe is
// returned before the next event is written. Its memory does not grow with the number of events. A
// Stream is for one goroutine.
type Stream struct {
	src   source
	rules pairing
	cut   string
	err   error
}

// NewStream reads from r in a format; see [Decode] for the formats.
func NewStream(r io.Reader, format Format) *Stream {
	return &Stream{src: &opening{r: r, format: format}}
}

// Next is the next event, numbered from 0; it waits until the event's line is whole. The events
// that it returns obey H1 to H4. At the end, and where the file breaks off, it returns io.EOF; any
// other error is one line that names the place, and stays.
func (s *Stream) Next() (Op, error) {
	if s.err != nil {
		return Op{}, s.err
	}
	op, err := s.src.next()
	if err == nil {
		s.rules.begins = s.Initial()
		if _, err = s.rules.add(&op); err == nil {
			return op, nil
		}
		err = s.src.at(err)
	}
	var cut cutOff
	if errors.As(err, &cut) {
		s.cut, err = string(cut), io.EOF
	}
	s.err = err
	return Op{}, err
}

// Notes are what a reader must know of how the events so far were read, one sentence each.
func (s *Stream) Notes() []string {
	if s.Unordered() {
		return append(s.rules.notes(), completionsNote)
	}
	return s.rules.notes()
}

// Unordered says whether the history has completions only, known once Next has returned; see
// [History].
func (s *Stream) Unordered() bool { return unordered(s.src) }

// Initial is what the file says that objects hold before any call, known once Next has returned.
func (s *Stream) Initial() Initial { return initialOf(s.src) }

// Cut says, after Next has returned io.EOF, where the recording broke off; "" if it is whole.
func (s *Stream) Cut() string { return s.cut }
