package paxos

import (
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// Ballot numbers a proposal ("proposal number" in Paxos Made Simple). No two proposals of a key
// share
// one.
type Ballot struct {
	Round uint64          `json:"r"` // 0: none
	Node  protocol.NodeID `json:"n,omitempty"`
}

// less orders ballots by round, then by proposer's name.
func (b Ballot) less(c Ballot) bool {
	return b.Round < c.Round || b.Round == c.Round && b.Node < c.Node
}

// The bodies of messages. Each is sent as a pointer and never changed afterwards (protocol.P3). Key
// and
// Ballot identify the proposal for ever, because no ballot is used twice.

// Prepare asks an acceptor for a promise (phase 1a).
type Prepare struct {
	Key    string `json:"k"`
	Ballot Ballot `json:"b"`
}

// Promise says that the acceptor will accept nothing below Ballot any more, and what it accepted
// last
// (phase 1b).
type Promise struct {
	Key      string `json:"k"`
	Ballot   Ballot `json:"b"`
	Accepted Ballot `json:"a"` // of Value; the zero Ballot if nothing was accepted
	Value    []byte `json:"v,omitempty"`
}

// Accept asks an acceptor to accept a value (phase 2a).
type Accept struct {
	Key    string `json:"k"`
	Ballot Ballot `json:"b"`
	Value  []byte `json:"v,omitempty"`
}

// Accepted tells a learner that the acceptor has accepted (phase 2b).
type Accepted struct {
	Key    string `json:"k"`
	Ballot Ballot `json:"b"`
}

// Refusal answers a Prepare or an Accept of Ballot: the acceptor has promised a higher one.
type Refusal struct {
	Key      string `json:"k"`
	Ballot   Ballot `json:"b"`
	Promised Ballot `json:"p"`
}

func (b Ballot) String() string {
	if b.Round == 0 {
		return "0"
	}
	return strconv.FormatUint(b.Round, 10) + "." + string(b.Node)
}

func (m *Prepare) String() string { return "prepare " + m.Key + " " + m.Ballot.String() }

func (m *Promise) String() string {
	if m.Accepted.Round == 0 {
		return "promise " + m.Key + " " + m.Ballot.String() + " nothing accepted"
	}
	return "promise " + m.Key + " " + m.Ballot.String() + " accepted=" + m.Accepted.String()
}

func (m *Accept) String() string { return "accept " + m.Key + " " + m.Ballot.String() }

func (m *Accepted) String() string { return "accepted " + m.Key + " " + m.Ballot.String() }

func (m *Refusal) String() string {
	return "refusal " + m.Key + " " + m.Ballot.String() + " promised=" + m.Promised.String()
}
