package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// noProcess is the process of a transaction's completion that names none.
const noProcess Process = -2

// errProcess is what is wrong with an event that names no process where one is needed.
var errProcess = errors.New("an event needs a process")

// withoutProcess says whether an event may come without a process: a transaction's completion may,
// because a history of completions only needs no pairing.
func withoutProcess(op *Op) bool { return op.F == "txn" && op.Kind != Invoke }

// completions reads histories that record the completions of transactions only, as many of Elle's
// examples do. A history is one if its first client event completes a transaction.
//
// Such a history tells neither when a transaction began nor, in general, which session it belongs
// to. So each transaction becomes a process of its own, and all invocations precede all
// completions: no transaction is known to precede another.
type completions struct {
	source
	begun  bool  // the first client event has come
	only   bool  // the history has completions only
	events []Op  // of such a history, not yet returned
	ended  error // what comes after them
}

func (c *completions) header() Initial { return initialOf(c.source) }

func (c *completions) next() (Op, error) {
	if !c.begun {
		op, err := c.source.next()
		c.begun = err == nil && op.Process != Nemesis
		if !c.begun || !withoutProcess(&op) {
			return op, err
		}
		c.only = true
		c.all(op)
	}
	if len(c.events) > 0 {
		op := c.events[0]
		c.events = c.events[1:]
		return op, nil
	}
	if c.ended != nil {
		return Op{}, c.ended
	}
	return c.source.next()
}

// all reads the rest of a history of completions, after its first client event.
func (c *completions) all(op Op) {
	began := op.Time
	var invocations, done []Op
	var kept int64
	var err error
	for ; err == nil; op, err = c.source.next() {
		if op.Process == Nemesis {
			done = append(done, op)
			continue
		}
		kept += 2*opSize + int64(len(op.Value)+len(op.Err))
		switch {
		case op.Kind == Invoke || op.F != "txn":
			c.ended = c.at(&EventError{What: fmt.Sprintf("%s of %s in a history that begins with a completion: "+
				"want completions of transactions only", op.Kind, op.F)})
			return
		case kept > maxMemory:
			c.ended = c.at(&EventError{What: fmt.Sprintf("the history takes more than %d GiB of memory",
				maxMemory>>30)})
			return
		}
		forgetProcess(&op)
		op.Process = Process(len(invocations))
		done = append(done, op)
		op.Kind, op.Err, op.Node, op.Time = Invoke, "", "", began
		invocations = append(invocations, op)
	}
	c.events, c.ended = append(invocations, done...), err
}

// forgetProcess removes the name of the process from an event that is not settled.
func forgetProcess(op *Op) {
	var u unsettled
	if op.Key == "" || op.Key[0] != unsettledMark || json.Unmarshal([]byte(op.Key[1:]), &u) != nil {
		return
	}
	u.Process, op.Key = "", ""
	if text, isText := strings.CutPrefix(u.Key, " "); isText {
		u.Key, op.Key = "", text
	}
	u.in(op)
}

// unordered says whether a source had completions only, known once the first event has come.
func unordered(s source) bool {
	switch s := s.(type) {
	case *completions:
		return s.only
	case *opening:
		return unordered(s.source)
	}
	return false
}

// completionsNote is what a reader must know of a history of completions only.
const completionsNote = "the history has completions only: no session and no real-time order is known, " +
	"and no level that needs them is proved"

// beginsWithCompletion says whether the first client event at the beginning of JSON lines
// completes a transaction, so that the file is read in one piece.
func beginsWithCompletion(head []byte) bool {
	for first := true; ; first = false {
		line, rest, whole := bytes.Cut(head, []byte{'\n'})
		if !whole {
			return false
		}
		head = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if first {
			if _, header, err := headerOf(line); header && err == nil {
				continue
			}
		}
		op, err := parseOp(line)
		if err == nil && op.Process == Nemesis {
			continue
		}
		return err == nil && withoutProcess(&op)
	}
}
