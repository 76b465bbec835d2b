package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Call makes a call for a client and records its invocation before it and its completion after it.
// What call returns decides the completion as [Op.Completed] says. Any number of goroutines may
// call at a time.
//
// A client is a number of the caller's choice, such as that of its goroutine. Its process is found
// by the rules of a history: after an unknown outcome the client goes on as a new process, and a
// call that a client makes while another of its calls is under way has a process of its own.
//
// A panic of call is recorded as an unknown outcome, and goes on.
func (r *Recorder) Call(client Process, op Op, call func() (any, error)) Op {
	op.Process = r.invoke(client, op)
	returned := false
	defer func() {
		if !returned {
			r.complete(client, op.Completed(nil, errors.New("the call did not return")))
		}
	}()
	result, err := call()
	returned = true
	return r.complete(client, op.Completed(result, err))
}

func (r *Recorder) invoke(client Process, op Op) Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.start.IsZero() {
		r.start = time.Now()
	}
	op.Kind, op.Process, op.Time = Invoke, r.clients.take(client), time.Since(r.start)
	r.keep(op)
	return op.Process
}

func (r *Recorder) complete(client Process, op Op) Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	op.Time = time.Since(r.start)
	r.clients.give(client, op)
	return r.keep(op)
}

// keep records under the lock, in which the time was read as well: times never fall.
func (r *Recorder) keep(op Op) Op {
	op, err := r.record(op)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("the history cannot be written: %w", err)
	}
	return op
}

// clients are the processes of the clients of Call.
type clients struct {
	of   map[Process]Process // by client: the process of its next call
	used map[Process]bool
	busy map[Process]bool // processes with a call under way
	last Process          // the greatest of used
}

// take is the process of a client's next call.
func (c *clients) take(client Process) Process {
	if c.of == nil {
		c.of, c.used, c.busy = map[Process]Process{}, map[Process]bool{}, map[Process]bool{}
	}
	p, known := c.of[client]
	switch {
	case known && !c.busy[p]:
	case !known && client >= 0 && !c.used[client]:
		p = client
		c.of[client] = p
	default:
		p = c.last + 1
		if !known {
			c.of[client] = p
		}
	}
	c.used[p], c.busy[p] = true, true
	c.last = max(c.last, p)
	return p
}

// give frees the process of a completion; one with an unknown outcome is never used again (H4).
func (c *clients) give(client Process, op Op) {
	delete(c.busy, op.Process)
	if op.Kind == Info && c.of[client] == op.Process {
		c.last++
		c.used[c.last] = true
		c.of[client] = c.last
	}
}

// failed is an error of a call that certainly had no effect.
type failed struct{ error }

func (f failed) Unwrap() error { return f.error }

// Failed marks the error of a call that certainly had no effect and never will: a connection that
// was refused, an answer that says so. Every other error leaves the outcome unknown.
func Failed(err error) error {
	if err == nil {
		return nil
	}
	return failed{err}
}

// Completed is the completion of an invocation whose call has returned. Without an error it is ok,
// and its value is the result as JSON; a result of nil leaves the invocation's value, which is
// right for a write. With an error it is fail if that is marked by [Failed], otherwise info.
func (op Op) Completed(result any, err error) Op {
	op.Kind = Ok
	if err == nil && result != nil {
		var value []byte
		if value, err = json.Marshal(result); err != nil {
			err = fmt.Errorf("the result has no JSON: %w", err)
		} else {
			op.Value = value
		}
	}
	if err != nil {
		op.Kind, op.Err = Info, err.Error()
		if errors.As(err, new(failed)) {
			op.Kind = Fail
		}
	}
	return op
}

// ValueOf is v as the value of an Op. It panics where v has no JSON: a channel, a function.
func ValueOf(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic("history: " + err.Error())
	}
	return text
}
