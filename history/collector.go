package history

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unsafe"
)

// maxMemory bounds what a history that is read may take, in bytes: no file makes a reader allocate
// without end. It holds some thirty million events.
const maxMemory = 4 << 30

// collector makes a history of events as they come.
type collector struct {
	ops   []Op
	calls []Call
	cut   string // where the recording broke off
	head  Initial
	loose bool // the file has completions only
	rules pairing
	kept  int64 // bytes of the events and their values
}

// add appends an event. The error is an *EventError.
func (c *collector) add(op Op) error {
	c.ops = append(c.ops, op)
	last := &c.ops[len(c.ops)-1]
	if err := c.pair(last); err != nil {
		return err
	}
	return c.keep(last)
}

// pair finds the call of an event.
func (c *collector) pair(op *Op) error {
	call, err := c.rules.add(op)
	switch {
	case err != nil:
		return err
	case op.Kind == Invoke:
		c.calls = append(c.calls, Call{op.Index, -1})
	case call != unpaired:
		c.calls[call].Complete = op.Index
	}
	return nil
}

const opSize = int64(unsafe.Sizeof(Op{}))

// keep counts an event against maxMemory.
func (c *collector) keep(op *Op) error {
	if c.kept += opSize + int64(len(op.Value)+len(op.Err)); c.kept > maxMemory {
		return &EventError{op.Index, fmt.Sprintf("the history takes more than %d GiB of memory", maxMemory>>30)}
	}
	return nil
}

// reserve makes room for about so many events.
func (c *collector) reserve(events int) {
	events = min(events, int(maxMemory/opSize))
	c.ops = slices.Grow(c.ops, events)
	c.calls = slices.Grow(c.calls, events/2+1)
}

// history is all that was collected.
func (c *collector) history() *History {
	h := &History{Ops: c.ops, Cut: c.cut, Initial: c.head, Unordered: c.loose, Notes: c.rules.notes(), calls: c.calls}
	if c.loose {
		h.Notes = append(h.Notes, completionsNote)
	}
	return h
}

// source reads the events of a file one by one.
type source interface {
	// next is the next event, with an Index of no meaning. At the end of the file it returns
	// io.EOF, where the file breaks off a cutOff, and for anything else that is no event a
	// *LineError.
	next() (Op, error)
	// at adds to an *EventError about the event that next returned last where in the file it is.
	at(error) error
}

// cutOff says where a file breaks off.
type cutOff string

func (c cutOff) Error() string { return string(c) }

// atLine says in which line an event broke a rule.
func atLine(err error, line int) error {
	var event *EventError
	if errors.As(err, &event) {
		return &LineError{line, event.What}
	}
	return err
}

// readAll reads a whole history.
func readAll(s source) (*History, error) {
	var c collector
	for {
		op, err := s.next()
		c.head, c.loose = initialOf(s), unordered(s)
		var cut cutOff
		c.rules.begins = c.head
		switch {
		case err == nil:
			if err := c.add(op); err != nil {
				return nil, s.at(err)
			}
		case errors.Is(err, io.EOF):
			return c.history(), nil
		case errors.As(err, &cut):
			c.cut = string(cut)
			return c.history(), nil
		default:
			return nil, err
		}
	}
}
