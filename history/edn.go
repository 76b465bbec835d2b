package history

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/splitvote/splitvote/internal/edn"
)

// ReadEDN reads a history as Jepsen writes it: maps one after another, or one vector of maps; each
// plain or tagged #jepsen.history.Op. A jepsen.independent tuple becomes the event's Key with its
// Value; see [ednValues] for how values become JSON. A file that breaks off in mid-form is read up
// to there and says so in Cut.
func ReadEDN(r io.Reader) (*History, error) {
	return readAll(&completions{source: newEDNSource(bufio.NewReaderSize(r, 1<<20))})
}

// ednSource reads EDN form by form.
type ednSource struct {
	in     *edn.Reader
	values ednValues
	begun  bool
	read   int // forms
	head   Initial
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
		head, is, err := s.values.header(form)
		if err != nil {
			return Op{}, s.bad(err)
		}
		if is {
			s.head = head
			return s.next()
		}
	}
	op, err := s.values.event(form)
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

// event is a form as an event.
func (v *ednValues) event(form any) (Op, error) {
	if t, ok := form.(edn.Tagged); ok {
		form = t.Value
	}
	m, ok := form.(edn.Map)
	if !ok {
		return Op{}, fmt.Errorf("an event is a map, not %s", textOf(form))
	}
	op, open := Op{Value: null}, unsettled{}
	value, _ := m.Get("value")
	for _, p := range m {
		if key, ok := p.Key.(edn.Keyword); ok && p.Value != nil {
			if err := op.setEDN(key, p.Value, &open); err != nil {
				return Op{}, err
			}
		}
	}
	if _, txn := microOperations(value); op.F == "" && txn { // as Elle's examples
		op.F = "txn"
	}
	if process, _ := m.Get("process"); process == nil && withoutProcess(&op) {
		op.Process = noProcess
	}
	for _, need := range []edn.Keyword{"process", "type", "f"} {
		if need == "process" && op.Process == noProcess {
			continue
		}
		if form, given := m.Get(need); (!given || form == nil || form == "") && (need != "f" || op.F == "") {
			return Op{}, fmt.Errorf("an event needs a :%s", need)
		}
	}
	if err := v.set(&op, value); err != nil {
		return Op{}, err
	}
	open.in(&op)
	return op, nil
}

// setEDN sets a field of an event but its value; those it does not know are passed over.
func (op *Op) setEDN(field edn.Keyword, form any, open *unsettled) (err error) {
	switch field {
	case "process":
		op.Process, open.Process, err = parseProcess(textOf(form))
	case "type":
		err = op.Kind.UnmarshalText([]byte(textOf(form)))
	case "f":
		op.F = textOf(form)
	case "time":
		if t, ok := form.(edn.Tagged); ok && t.Tag == "inst" {
			form = t.Value
		}
		op.Time, open.Clock, err = parseTime(textOf(form))
	case "node":
		op.Node = NodeID(textOf(form))
	case "error":
		op.Err = textOf(form)
	case "final", "final?": // as Maelstrom and Jepsen's workloads mark final reads
		op.Final = op.Final || form == true
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
