package raft

import (
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// The bodies of messages. Each is sent as a pointer and never changed afterwards (protocol.P3).

// Vote asks for a vote in Term. With Pre it asks whether the vote would be given; no node has
// entered
// Term yet.
type Vote struct {
	Term     uint64 `json:"t"`
	Last     uint64 `json:"l"`            // the candidate's last log entry
	LastTerm uint64 `json:"lt"`           // and its term
	Pre      bool   `json:"p,omitempty"`  // a pre-vote (thesis §9.6)
	Transfer bool   `json:"tr,omitempty"` // the leader itself wants this election, so no lease forbids it
}

// Voted answers a Vote. Term is the voter's, except that a granted pre-vote repeats the term asked
// about.
type Voted struct {
	Term    uint64 `json:"t"`
	Pre     bool   `json:"p,omitempty"`
	Granted bool   `json:"g,omitempty"`
}

// Append replicates entries; without entries it is a heartbeat.
type Append struct {
	Term     uint64  `json:"t"`
	Prev     uint64  `json:"p"` // the entry just before Entries
	PrevTerm uint64  `json:"pt"`
	Entries  []Entry `json:"e,omitempty"`
	Commit   uint64  `json:"c"`
	Round    uint64  `json:"r"` // the leader's latest round of heartbeats, for reads and its lease
}

// Appended answers an Append. Index is the last entry known to match the leader's or, with Reject,
// the
// refused Prev.
type Appended struct {
	Term         uint64 `json:"t"`
	Index        uint64 `json:"i"`
	Round        uint64 `json:"r"` // of the Append
	Reject       bool   `json:"x,omitempty"`
	Conflict     uint64 `json:"c,omitempty"`  // where the leader should continue ...
	ConflictTerm uint64 `json:"ct,omitempty"` // ... unless it has entries of this term; Conflict is our first of it
}

// Install carries one chunk of a snapshot.
type Install struct {
	Term     uint64            `json:"t"`
	Index    uint64            `json:"i"` // the last entry that the snapshot covers
	LastTerm uint64            `json:"lt"`
	Members  []protocol.NodeID `json:"m"`
	Offset   int               `json:"o"` // of Data, in bytes
	Data     []byte            `json:"d,omitempty"`
	Done     bool              `json:"f,omitempty"` // no chunk follows
	Round    uint64            `json:"r"`
}

// Installed answers an Install. With Done, the whole snapshot is durable or was not needed, and
// Index
// is the last entry known to match. Otherwise the follower waits for the chunk at Offset of the
// snapshot at Index.
type Installed struct {
	Term   uint64 `json:"t"`
	Index  uint64 `json:"i"`
	Offset int    `json:"o,omitempty"`
	Done   bool   `json:"f,omitempty"`
	Round  uint64 `json:"r"`
}

// TimeoutNow tells the chosen successor to start an election at once (thesis §3.10).
type TimeoutNow struct {
	Term uint64 `json:"t"`
}

func (m *Vote) String() string {
	b := []byte("vote")
	if m.Pre {
		b = []byte("pre-vote")
	}
	b = position(number(b, " term=", m.Term), " last=", m.Last, m.LastTerm)
	if m.Transfer {
		b = append(b, " transfer"...)
	}
	return string(b)
}

func (m *Voted) String() string {
	b := []byte("refused")
	if m.Granted {
		b = []byte("granted")
	}
	if m.Pre {
		b = append([]byte("pre-"), b...)
	}
	return string(number(b, " term=", m.Term))
}

func (m *Append) String() string {
	b := position(number([]byte("append"), " term=", m.Term), " prev=", m.Prev, m.PrevTerm)
	if len(m.Entries) > 0 {
		b = entries(append(b, " entries="...), m.Prev+1, m.Entries)
	}
	return string(number(number(b, " commit=", m.Commit), " round=", m.Round))
}

func (m *Appended) String() string {
	b := []byte("appended")
	if m.Reject {
		b = []byte("rejected")
	}
	b = number(number(b, " term=", m.Term), " index=", m.Index)
	if m.Reject {
		b = position(b, " conflict=", m.Conflict, m.ConflictTerm)
	}
	return string(number(b, " round=", m.Round))
}

func (m *Install) String() string {
	b := position(number([]byte("install"), " term=", m.Term), " last=", m.Index, m.LastTerm)
	b = number(b, " offset=", uint64(m.Offset))
	b = number(b, " bytes=", uint64(len(m.Data)))
	if m.Done {
		b = append(b, " done"...)
	}
	return string(number(b, " round=", m.Round))
}

func (m *Installed) String() string {
	b := number(number([]byte("installed"), " term=", m.Term), " index=", m.Index)
	if m.Done {
		b = append(b, " done"...)
	} else {
		b = number(b, " offset=", uint64(m.Offset))
	}
	return string(number(b, " round=", m.Round))
}

func (m *TimeoutNow) String() string { return string(number([]byte("timeout-now"), " term=", m.Term)) }

func number(b []byte, name string, n uint64) []byte {
	return strconv.AppendUint(append(b, name...), n, 10)
}

// position appends index@term, the form of a log position in transcripts.
func position(b []byte, name string, index, term uint64) []byte {
	b = append(number(b, name, index), '@')
	return strconv.AppendUint(b, term, 10)
}

func entries(b []byte, first uint64, es []Entry) []byte {
	for i := range es {
		sep := ","
		if i == 0 {
			sep = ""
		}
		b = position(b, sep, first+uint64(i), es[i].Term)
	}
	return b
}
