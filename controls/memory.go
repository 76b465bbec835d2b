package controls

import (
	"encoding/json"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// memory is what the clients have seen and changed, key by key.
type memory map[string]*past

type past struct {
	seen    []sight
	changed []change
	answers []json.RawMessage // to calls that hand something out
}

// sight is a value that was seen by a call that ended at the given event.
type sight struct {
	value []byte
	ended int
}

// change is an acknowledged update.
type change struct {
	by           history.Process
	began, ended int
}

const remembered = 64 // entries of a kind and a key

func (m memory) of(key string) *past {
	p := m[key]
	if p == nil {
		p = &past{}
		m[key] = p
	}
	return p
}

func recent[T any](list []T, add T) []T {
	list = append(list, add)
	return list[max(0, len(list)-remembered):]
}

// note remembers a completed call.
func (m memory) note(call invocation, done history.Op, at int) {
	if done.Kind != history.Ok || refused(done) {
		return
	}
	for _, p := range observed(done) {
		past := m.of(p.key)
		past.seen = recent(past.seen, sight{p.value, at})
	}
	for _, key := range changedBy(call.op) {
		past := m.of(key)
		past.changed = recent(past.changed, change{call.op.Process, call.began, at})
	}
	if handsOut[done.F] && string(done.Value) != "null" {
		past := m.of(done.F + " " + done.Key)
		past.answers = recent(past.answers, done.Value)
	}
}

// stale finds what was seen of a part before an update that was acknowledged before the call began.
// An update of the caller's own is preferred: a target that promises no more than sessions must not
// forget it either.
func (m memory) stale(call invocation, p part) ([]byte, bool) {
	past := m.of(p.key)
	for _, own := range []bool{true, false} {
		for _, u := range slices.Backward(past.changed) {
			if u.ended >= call.began || own && u.by != call.op.Process {
				continue
			}
			for _, s := range slices.Backward(past.seen) {
				if s.ended < u.began && string(s.value) != string(p.value) {
					return s.value, true
				}
			}
		}
	}
	return nil, false
}

func (m memory) before(key string, now []byte) ([]byte, bool) {
	for _, answer := range slices.Backward(m.of(key).answers) {
		if string(answer) != string(now) {
			return answer, true
		}
	}
	return nil, false
}

// elsewhere is the value last seen of another key, of those the first in order whose value differs.
func (m memory) elsewhere(p part) ([]byte, bool) {
	var keys []string
	for key, past := range m {
		if key != p.key && len(past.seen) > 0 {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range slices.Backward(keys) {
		if seen := m[key].seen; string(seen[len(seen)-1].value) != string(p.value) {
			return seen[len(seen)-1].value, true
		}
	}
	return nil, false
}
