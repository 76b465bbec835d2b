package twopc

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/protocol"
)

// ID names a transaction: the node that coordinates it, and its number there.
type ID struct {
	Node protocol.NodeID `json:"n"`
	Number
}

// Number identifies a transaction of a coordinator: the number of the coordinator's life and a
// count
// within that life.
type Number struct {
	Life uint64 `json:"l"`
	Call uint64 `json:"c"`
}

func (a Number) compare(b Number) int {
	return cmp.Or(cmp.Compare(a.Life, b.Life), cmp.Compare(a.Call, b.Call))
}

func (a Number) less(b Number) bool { return a.compare(b) < 0 }

// The bodies of messages. Each is sent as a pointer and never changed afterwards (protocol.P3).

// Prepare asks a participant for its vote on its part of a transaction.
type Prepare struct {
	Tx           ID                `json:"t"`
	Participants []protocol.NodeID `json:"p"`
	Part         []byte            `json:"c"`
	Floor        Number            `json:"f"` // no transaction of this coordinator below it is in progress any more
}

// Vote answers a Prepare, or refuses an Execute. A yes carries what the part reads.
type Vote struct {
	Tx     ID     `json:"t"`
	Yes    bool   `json:"y,omitempty"`
	Result []byte `json:"r,omitempty"` // of a no: the machine's reason; empty if a lock is the reason
	Reason string `json:"w,omitempty"` // of a no
	Doubt  bool   `json:"d,omitempty"` // of a no: the lock belongs to a transaction whose coordinator does not answer
}

// Decision tells a participant how a transaction ends. A rollback need not have been decided: it is
// presumed for any transaction that the coordinator does not know.
type Decision struct {
	Tx     ID   `json:"t"`
	Commit bool `json:"c,omitempty"`
}

// Ack says that the decision to commit has been carried out.
type Ack struct {
	Tx ID `json:"t"`
}

// Inquire asks for the outcome of a transaction in which the sender is prepared.
type Inquire struct {
	Tx ID `json:"t"`
}

// Execute asks the only participant of a transaction to carry it out: its vote is the decision.
type Execute struct {
	Tx    ID     `json:"t"`
	Part  []byte `json:"c"`
	Floor Number `json:"f"`
}

// Result answers an Execute that was carried out.
type Result struct {
	Tx     ID     `json:"t"`
	Result []byte `json:"r"`
}

func (a Number) String() string {
	return strconv.FormatUint(a.Life, 10) + "." + strconv.FormatUint(a.Call, 10)
}

func (t ID) String() string { return string(t.Node) + "-" + t.Number.String() }

func (m *Prepare) String() string {
	return fmt.Sprintf("prepare %v of %s floor=%v", m.Tx, names(m.Participants), m.Floor)
}

func (m *Vote) String() string {
	if m.Yes {
		return fmt.Sprintf("yes %v", m.Tx)
	}
	return fmt.Sprintf("no %v: %s", m.Tx, m.Reason)
}

func (m *Decision) String() string {
	if m.Commit {
		return fmt.Sprintf("commit %v", m.Tx)
	}
	return fmt.Sprintf("roll back %v", m.Tx)
}

func (m *Ack) String() string     { return fmt.Sprintf("ack %v", m.Tx) }
func (m *Inquire) String() string { return fmt.Sprintf("inquire %v", m.Tx) }
func (m *Execute) String() string { return fmt.Sprintf("execute %v floor=%v", m.Tx, m.Floor) }
func (m *Result) String() string  { return fmt.Sprintf("result %v", m.Tx) }

func names(ids []protocol.NodeID) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return strings.Join(all, ",")
}
