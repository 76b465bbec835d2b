package multipaxos

import "strconv"

// The bodies of messages. Each is sent as a pointer and never changed afterwards (protocol.P3).

// Prepare begins phase 1 of a ballot, for all slots from From on.
type Prepare struct {
	Ballot Ballot `json:"b"`
	From   uint64 `json:"f"` // the first slot that the proposer does not know to be chosen
	// After, if set, is the ballot of the leader that asked for this Prepare. Acceptors that still
	// hear
	// that leader need not protect it.
	After Ballot `json:"a,omitzero"`
}

// Promise answers a Prepare. Nothing below Ballot will be accepted any more; Entries were accepted
// before.
type Promise struct {
	Ballot  Ballot  `json:"b"`
	Chosen  uint64  `json:"c"` // every slot up to this one is chosen; Learn asks for their values
	First   uint64  `json:"i"`
	Entries []Entry `json:"e,omitempty"` // accepted in the slots from First on, including gaps
}

// Accept is phase 2 of a ballot, for one slot.
type Accept struct {
	Ballot  Ballot `json:"b"`
	Slot    uint64 `json:"i"`
	Command []byte `json:"v,omitempty"` // the value, as in Entry
	Change  Change `json:"m,omitzero"`
	Chosen  uint64 `json:"c"` // every slot up to this one is chosen
}

// Accepted answers an Accept.
type Accepted struct {
	Ballot Ballot `json:"b"`
	Slot   uint64 `json:"i"`
}

// Heartbeat says that Ballot's proposer leads.
type Heartbeat struct {
	Ballot Ballot `json:"b"`
	Chosen uint64 `json:"c"` // every slot up to this one is chosen
	Round  uint64 `json:"r"` // the number of this heartbeat, for reads and the lease
}

// Heard answers a Heartbeat. When the Heartbeat arrived, nothing higher than Ballot had been
// promised.
type Heard struct {
	Ballot Ballot `json:"b"`
	Round  uint64 `json:"r"`
	Chosen uint64 `json:"c"` // the sender knows every slot up to this one
}

// Refused answers a Prepare, an Accept or a Heartbeat of Ballot: a higher ballot has been promised.
type Refused struct {
	Ballot   Ballot `json:"b"`
	Promised Ballot `json:"p"`
}

// Learn asks for the chosen values of the slots from From on.
type Learn struct {
	From uint64 `json:"f"`
}

// Learned answers a Learn. Every entry is chosen.
type Learned struct {
	First   uint64  `json:"i"`
	Entries []Entry `json:"e"`
	Chosen  uint64  `json:"c"` // every slot up to this one is chosen, so there may be more to ask for
}

// Snapshot answers a Learn for slots that have been dropped.
type Snapshot struct {
	Index   uint64          `json:"i"` // the last slot that the snapshot covers
	Configs []Configuration `json:"m"` // the configuration of the slot after Index, and those chosen for later slots
	Data    []byte          `json:"d"`
	Chosen  uint64          `json:"c"` // every slot up to this one is chosen, so there may be more to ask for
}

// TakeOver asks its receiver to lead, on behalf of Ballot's leader.
type TakeOver struct {
	Ballot Ballot `json:"b"`
}

func (m *Prepare) String() string {
	b := number(ballot("prepare ", m.Ballot), " from=", m.From)
	if m.After != (Ballot{}) {
		b = m.After.append(append(b, " after="...))
	}
	return string(b)
}

func (m *Promise) String() string {
	b := number(ballot("promise ", m.Ballot), " chosen=", m.Chosen)
	return string(entries(b, " accepted=", m.First, m.Entries))
}

func (m *Accept) String() string {
	b := append(number(ballot("accept ", m.Ballot), " ", m.Slot), '=')
	return string(number(value(b, m.Command, m.Change), " chosen=", m.Chosen))
}

func (m *Accepted) String() string { return string(number(ballot("accepted ", m.Ballot), " ", m.Slot)) }

func (m *Heartbeat) String() string {
	return string(number(number(ballot("heartbeat ", m.Ballot), " chosen=", m.Chosen), " round=", m.Round))
}

func (m *Heard) String() string {
	return string(number(number(ballot("heard ", m.Ballot), " round=", m.Round), " chosen=", m.Chosen))
}

func (m *Refused) String() string {
	return string(m.Promised.append(append(ballot("refused ", m.Ballot), " promised="...)))
}

func (m *Learn) String() string { return string(number(nil, "learn from=", m.From)) }

func (m *Learned) String() string {
	return string(number(entries(nil, "learned ", m.First, m.Entries), " chosen=", m.Chosen))
}

func (m *Snapshot) String() string {
	b := number(number(nil, "snapshot index=", m.Index), " bytes=", uint64(len(m.Data)))
	for _, c := range m.Configs {
		b = append(append(b, ' '), c.String()...)
	}
	return string(number(b, " chosen=", m.Chosen))
}

func (m *TakeOver) String() string { return string(ballot("take-over ", m.Ballot)) }

func ballot(name string, b Ballot) []byte { return b.append([]byte(name)) }

func number(b []byte, name string, n uint64) []byte {
	return strconv.AppendUint(append(b, name...), n, 10)
}

// entries appends slot=value@ballot for every non-empty slot.
func entries(b []byte, name string, first uint64, es []Entry) []byte {
	for i := range es {
		if es[i].empty() {
			continue
		}
		b = append(number(b, name, first+uint64(i)), '=')
		b = append(value(b, es[i].Command, es[i].Change), '@')
		b = es[i].Ballot.append(b)
		name = ","
	}
	return b
}

// value appends a command itself if it is a short word, and otherwise its length.
func value(b, command []byte, c Change) []byte {
	const short = 8
	if c != (Change{}) {
		return append(b, c.String()...)
	}
	if len(command) == 0 {
		return append(b, "no-op"...)
	}
	word := len(command) <= short
	for _, c := range command {
		word = word && c > ' ' && c <= '~'
	}
	if word {
		return append(b, command...)
	}
	return append(number(append(b, '('), "", uint64(len(command))), " bytes)"...)
}
