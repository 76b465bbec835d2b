package history

import "io"

// Recorder numbers events as they happen and writes each at once as a line of JSON, so that a
// killed run keeps all that it saw.
type Recorder struct {
	w   io.Writer
	ops []Op
	buf []byte
}

// NewRecorder records to w; nil keeps the events in memory only.
func NewRecorder(w io.Writer) *Recorder { return &Recorder{w: w} }

// Record appends an event and returns it with its Index. A failed write is returned, and the event
// is kept in memory.
func (r *Recorder) Record(op Op) (Op, error) {
	op.Index = len(r.ops)
	if op.Value == nil {
		op.Value = null
	}
	r.ops = append(r.ops, op)
	if r.w == nil {
		return op, nil
	}
	line, err := AppendJSON(r.buf[:0], &op)
	if err != nil {
		return op, err
	}
	r.buf = append(line, '\n')
	_, err = r.w.Write(r.buf) // one write an event: a reader never sees half of one but for a crash in mid-write
	return op, err
}

// History is all that was recorded so far.
func (r *Recorder) History() (*History, error) { return New(r.ops) }
