package history

import (
	"io"
	"sync"
	"time"
)

// Recorder numbers events as they happen and writes each at once as a line of JSON, so that a
// killed run keeps all that it saw. It is safe for concurrent use.
type Recorder struct {
	w io.Writer

	mu      sync.Mutex
	ops     []Op
	buf     []byte
	start   time.Time // of the first Call
	clients clients
	err     error // the first that a Call had no way to return
}

// NewRecorder records to w; nil keeps the events in memory only.
func NewRecorder(w io.Writer) *Recorder { return &Recorder{w: w} }

// Record appends an event and returns it with its Index. A failed write is returned, and the event
// is kept in memory.
func (r *Recorder) Record(op Op) (Op, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record(op)
}

func (r *Recorder) record(op Op) (Op, error) {
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
	_, err = r.w.Write(r.buf) // one write an event: a reader sees half of one only after a crash in mid-write
	return op, err
}

// History is all that was recorded so far. It is an error if an event of a Call could not be
// written.
func (r *Recorder) History() (*History, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	return New(r.ops[:len(r.ops):len(r.ops)])
}
