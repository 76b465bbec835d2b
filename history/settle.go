package history

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// unsettled is what of an event only the events before it can settle. Events are parsed on several
// cores, so until they are put in order it travels in the Key, behind a byte that no text has, for
// all text is UTF-8.
type unsettled struct {
	Process string `json:"process,omitempty"` // name of a process that has no number
	Key     string `json:"key,omitempty"`     // JSON of a key that is no string
	Clock   bool   `json:"clock,omitempty"`   // Time is since 1970
}

const unsettledMark byte = 0xff

// in puts u into an event.
func (u unsettled) in(op *Op) {
	if u == (unsettled{}) {
		return
	}
	if u.Key == "" {
		u.Key = " " + op.Key
	}
	text, _ := json.Marshal(u) // of strings it cannot fail
	op.Key = string([]byte{unsettledMark}) + string(text)
}

// settling is what is known of the events so far that are not as this package writes them.
type settling struct {
	processes map[string]Process // by name
	numbers   map[Process]string // the same, turned round
	start     time.Duration      // the first time since 1970
	keys      map[string]bool    // whether a number is the key that is written so; otherwise a string is
	latest    string             // the last key that was looked up
}

// settle completes an event. Names of processes are numbered from 0 in the order of their
// appearance. A key that is a number has the digits as its name, unless a string has.
func (s *settling) settle(op *Op) error {
	if op.Key == "" || op.Key == s.latest && op.Key[0] != unsettledMark {
		return s.numbered(op)
	}
	var u unsettled
	switch c := op.Key[0]; {
	case c == unsettledMark && json.Unmarshal([]byte(op.Key[1:]), &u) == nil:
	case c == '-' || c-'0' <= 9:
		if s.isNumber(op.Key, false) {
			op.Key = "#string " + op.Key
		} else {
			s.latest = op.Key
		}
		return s.numbered(op)
	default:
		return s.numbered(op)
	}
	switch text, isText := strings.CutPrefix(u.Key, " "); {
	case isText:
		op.Key = text
		if err := s.settle(op); err != nil && u.Process == "" {
			return err
		}
	case u.Key[0] != '-' && u.Key[0]-'0' > 9:
		op.Key = "#form " + u.Key
	case s.isNumber(u.Key, true):
		op.Key = u.Key
	default:
		op.Key = "#number " + u.Key
	}
	if u.Clock {
		if s.start == 0 {
			s.start = op.Time
		}
		op.Time -= s.start
	}
	if u.Process == "" {
		return s.numbered(op)
	}
	p, known := s.processes[u.Process]
	if !known {
		if s.processes == nil {
			s.processes, s.numbers = map[string]Process{}, map[Process]string{}
		}
		p = Process(len(s.processes))
		s.processes[u.Process], s.numbers[p] = p, u.Process
	}
	op.Process = p
	return nil
}

// isNumber says whether the key that is written so is a number's. The first to ask is right.
func (s *settling) isNumber(key string, number bool) bool {
	first, known := s.keys[key]
	if !known {
		if s.keys == nil {
			s.keys = map[string]bool{}
		}
		s.keys[key], first = number, number
	}
	return first
}

// numbered refuses a number that was given to a name.
func (s *settling) numbered(op *Op) error {
	if name, taken := s.numbers[op.Process]; taken {
		return fmt.Errorf("process %d is a number where another is named %q: number all or none", op.Process, name)
	}
	return nil
}
