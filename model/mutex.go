package model

import (
	"fmt"
	"strconv"

	"github.com/splitvote/splitvote/history"
)

// Mutex is a lock, initially free. One process holds it at a time, and only its holder releases it; a completed acquire
// by the holder itself is an error too. With Fenced every acquisition returns a token, a whole number greater than every
// token that was seen before, and a release that carries a token carries its holder's.
type Mutex struct{ Fenced bool }

// MutexCall is acquire, or release with a Token if HasToken.
type MutexCall struct {
	F        F
	Process  history.Process
	Token    int64
	HasToken bool
}

// MutexState is who holds the lock, if Held, and the greatest token seen. Token is the holder's, unless nobody saw it.
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

// Call reads a call; the result is the token of an acquire.
func (m Mutex) Call(invocation, completion *history.Op) (call MutexCall, token int64, err error) {
	call.Process = invocation.Process
	if call.F, err = name(m.Name(), invocation, Acquire, Release); err != nil || !m.Fenced {
		return call, 0, err
	}
	var ok bool
	switch {
	case call.F == Acquire && completion != nil:
		if token, ok = parseInt(completion.Value); !ok {
			err = wrong(completion, "to return a token, a whole number")
		}
	case call.F == Release && len(invocation.Value) > 0 && string(invocation.Value) != "null":
		call.HasToken = true
		if call.Token, ok = parseInt(invocation.Value); !ok {
			err = wrong(invocation, "null or a token, a whole number")
		}
	}
	return call, token, err
}

// Init is free, with no token handed out.
func (Mutex) Init() MutexState { return MutexState{} }

// Step takes and gives back. An acquire whose result is unknown takes the lock with a token that nobody saw; it waits
// while the lock is held. A release whose result is unknown may have been refused.
func (m Mutex) Step(next []MutexState, s MutexState, in MutexCall, out *int64) []MutexState {
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
	if s.Held || m.Fenced && out != nil && s.Handed && *out <= s.Last {
		return next
	}
	taken := MutexState{Held: true, Process: in.Process, Last: s.Last, Handed: s.Handed}
	if m.Fenced && out != nil {
		taken.Seen, taken.Token = true, *out
		taken.Last, taken.Handed = *out, true
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

// Describe says "acquire", "acquire → token 4", "release", "release token 4".
func (m Mutex) Describe(in MutexCall, out *int64) string {
	switch {
	case in.F == Release && in.HasToken:
		return fmt.Sprintf("release token %d", in.Token)
	case in.F == Release:
		return "release"
	case out == nil:
		return "acquire → ?"
	case m.Fenced:
		return "acquire → token " + strconv.FormatInt(*out, 10)
	}
	return "acquire"
}

// ReadOnly never holds.
func (Mutex) ReadOnly(MutexCall, *int64) bool { return false }
