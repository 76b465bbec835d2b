package model

import (
	"fmt"
	"strconv"

	"github.com/splitvote/splitvote/history"
)

// Mutex is a lock, initially free. One process holds it at a time, and only its holder releases it;
// a completed acquire by the holder itself is an error too. An acquire that returned false found
// the lock held, by whomever. With Fenced every acquisition returns a token, a whole number greater
// than every token that was seen before, and a release that carries a token carries its holder's.
type Mutex struct{ Fenced bool }

// MutexCall is acquire (also for try_acquire), or release with a Token if HasToken.
type MutexCall struct {
	F        F
	Process  history.Process
	Token    int64
	HasToken bool
}

// MutexResult is what an acquire returned: that the lock was Busy, or else, of a fenced one, the
// Token.
type MutexResult struct {
	Busy  bool
	Token int64
}

// MutexState is who holds the lock, if Held, and the greatest token seen. Token is the holder's,
// unless nobody saw it.
type MutexState struct {
	Held, Seen  bool
	Process     history.Process
	Token, Last int64
	Handed      bool // Last is a token; before the first, any token will do
}

// Name is mutex or fenced-mutex.
func (m Mutex) Name() string {
	if m.Fenced {
		return "fenced-mutex"
	}
	return "mutex"
}

// Call reads a call.
func (m Mutex) Call(invocation, completion *history.Op) (call MutexCall, out MutexResult, err error) {
	call.Process = invocation.Process
	if call.F, err = name(m.Name(), invocation, Acquire, TryAcquire, Release); err != nil {
		return call, out, err
	}
	switch {
	case m.Fenced && call.F == Release && !isNull(invocation):
		call.HasToken = true
		var ok bool
		if call.Token, ok = parseInt(invocation.Value); !ok {
			return call, out, wrong(invocation, "null or a token, a whole number")
		}
		err = returnsNothing(invocation, completion)
	case !isNull(invocation):
		err = wrong(invocation, `null (a lock's name belongs in "key")`)
	case call.F == Release:
		err = returnsNothing(invocation, completion)
	case completion != nil:
		out, err = m.acquired(call.F, completion)
	}
	if call.F == TryAcquire {
		call.F = Acquire
	}
	return call, out, err
}

// acquired reads what an acquire returned.
func (m Mutex) acquired(f F, completion *history.Op) (out MutexResult, err error) {
	got, err := ParseValue(completion.Value)
	token, isToken := parseInt(completion.Value)
	switch {
	case err == nil && got == "false":
		out.Busy = true
	case m.Fenced && isToken:
		out.Token = token
	case m.Fenced:
		err = wrong(completion, "to return a token, a whole number, or false")
	case err != nil || got != "true" && (got != Null || f == TryAcquire):
		want := "null, true or false"
		if f == TryAcquire {
			want = "true or false"
		}
		err = wrong(completion, want)
	}
	return out, err
}

// Init is free, with no token handed out.
func (Mutex) Init() MutexState { return MutexState{} }

// Step takes and gives back. An acquire whose result is unknown takes the lock with a token that
// nobody saw; it waits while the lock is held, or gives up. A release whose result is unknown may
// have been refused.
func (m Mutex) Step(next []MutexState, s MutexState, in MutexCall, out *MutexResult) []MutexState {
	if in.F == Release {
		holds := s.Held && s.Process == in.Process && (!in.HasToken || !s.Seen || s.Token == in.Token)
		switch {
		case holds:
			return append(next, MutexState{Last: s.Last, Handed: s.Handed})
		case out == nil:
			return append(next, s)
		}
		return next
	}
	switch {
	case s.Held && (out == nil || out.Busy):
		return append(next, s)
	case s.Held, out != nil && out.Busy, m.Fenced && out != nil && s.Handed && out.Token <= s.Last:
		return next
	}
	taken := MutexState{Held: true, Process: in.Process, Last: s.Last, Handed: s.Handed}
	if m.Fenced && out != nil {
		taken.Seen, taken.Token = true, out.Token
		taken.Last, taken.Handed = out.Token, true
	}
	return append(next, taken)
}

// Equal compares holder and tokens.
func (Mutex) Equal(a, b MutexState) bool { return a == b }

// Hash combines holder and tokens.
func (Mutex) Hash(s MutexState) uint64 {
	h := uint64(s.Last)*0x9e3779b97f4a7c15 + uint64(s.Process)
	if s.Held {
		h = ^h
	}
	return h * 0x9e3779b97f4a7c15
}

// Describe says "acquire", "acquire → held", "acquire → token 4", "release", "release token 4".
func (m Mutex) Describe(in MutexCall, out *MutexResult) string {
	switch {
	case in.F == Release && in.HasToken:
		return fmt.Sprintf("release token %d", in.Token)
	case in.F == Release:
		return "release"
	case out == nil:
		return "acquire → ?"
	case out.Busy:
		return "acquire → held"
	case m.Fenced:
		return "acquire → token " + strconv.FormatInt(out.Token, 10)
	}
	return "acquire"
}

// ReadOnly holds of an acquire that found the lock held.
func (Mutex) ReadOnly(in MutexCall, out *MutexResult) bool {
	return in.F == Acquire && out != nil && out.Busy
}
