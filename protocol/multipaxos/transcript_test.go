package multipaxos_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/multipaxos"
	"github.com/splitvote/splitvote/protocol/transcript"
)

// election is the number of ticks for which a node stands by a leader that it heard, or may have
// heard
// in an earlier life.
const election = 10

// story is what a stage remembers beyond the nodes: who the first members were, since how many
// ticks each stands by a leader, and whether anybody has begun phase 1.
type story struct {
	members []protocol.NodeID
	since   map[string]int
	asking  bool
}

// stage plays Multi-Paxos over a journal. A tick draws a time-out of 19 ticks, if they are 10 at
// least.
func stage(bug string) transcript.Stage {
	s := &story{since: map[string]int{}}
	p := multipaxos.Protocol()
	start := p.New
	p.New = func(c protocol.Config, records []protocol.Record) (protocol.Core, error) {
		s.members, s.since[string(c.ID)] = c.Members, 0
		return start(c, records)
	}
	return transcript.Stage{
		Protocol: p, Bug: bug, Tick: protocol.Tick{Draw: 9}, Seen: s.seen, Describe: s.describe,
		Machine: func() protocol.Machine { return &journal{} },
		Result: func(data []byte) string {
			if len(data) == 0 {
				return "done"
			}
			return fmt.Sprintf("done, %s commands", data)
		},
		More: map[string]func(*transcript.Play, []string) error{
			// propose NODE WORD
			"propose": func(p *transcript.Play, args []string) error {
				return p.Propose(args[0], args[1], protocol.Propose{Command: []byte(args[1])})
			},
			// read NODE
			"read": func(p *transcript.Play, args []string) error {
				return p.Propose(args[0], "read", protocol.Propose{ReadOnly: true})
			},
			// timeout NODE: its clock ticks until it begins phase 1; others no longer stand by a
			// leader that they heard
			"timeout": s.timeout,
			// elect NODE: its clock ticks until it begins phase 1, as with timeout, and phase 1 is
			// delivered
			"elect": func(p *transcript.Play, args []string) error {
				if err := s.timeout(p, args); err != nil {
					return err
				}
				return p.Deliver(func(m protocol.Message) bool {
					switch m.Body.(type) {
					case *multipaxos.Prepare, *multipaxos.Promise:
						return true
					}
					return false
				})
			},
		},
	}
}

func (s *story) seen(id protocol.NodeID, in protocol.Input, out protocol.Output) {
	switch in := in.(type) {
	case protocol.Tick:
		s.since[string(id)]++
	case protocol.Receive:
		switch in.Message.Body.(type) {
		case *multipaxos.Accept, *multipaxos.Heartbeat:
			s.since[string(id)] = 0
		}
	}
	for _, m := range out.Send {
		if _, prepare := m.Body.(*multipaxos.Prepare); prepare {
			s.asking = true
		}
	}
}

func (s *story) timeout(p *transcript.Play, args []string) error {
	tick := protocol.Tick{Draw: p.Tick.Draw}
	for _, id := range slices.Sorted(maps.Keys(s.since)) {
		for id != args[0] && p.Core(id) != nil && s.since[id] < election {
			if err := p.Step(id, tick); err != nil {
				return err
			}
		}
	}
	s.asking = false
	for range 50 {
		if err := p.Step(args[0], tick); err != nil || s.asking {
			return err
		}
	}
	return errors.New("it never does")
}

// describe shows a node's promise and log as on its disk, and the members if they have changed.
func (s *story) describe(core protocol.Core, disk []protocol.Record) string {
	var promised multipaxos.Promised
	var snapshot string
	log := map[uint64]multipaxos.Entry{}
	for _, r := range disk {
		switch d := r.Data.(type) {
		case *multipaxos.Promised:
			promised = *d
		case *multipaxos.Checkpoint:
			promised, log, snapshot = d.Promised, map[uint64]multipaxos.Entry{}, fmt.Sprintf(" snapshot=%d", d.Index)
			fill(log, d.Index+1, d.Entries)
		case *multipaxos.Slots:
			fill(log, d.First, d.Entries)
		}
	}
	var held []string
	for _, slot := range slices.Sorted(maps.Keys(log)) {
		held = append(held, fmt.Sprintf("%d=%s@%v", slot, word(log[slot]), log[slot].Ballot))
	}
	status := core.Status()
	text := fmt.Sprintf("%-8s promised=%v%s log=%s chosen=%d",
		status.Role, promised.Ballot, snapshot, strings.Join(held, ","), status.Commit)
	if !slices.Equal(status.Members, s.members) {
		text += fmt.Sprintf(" members=%v", status.Members)
	}
	return text
}

func word(e multipaxos.Entry) string {
	switch {
	case e.Change != multipaxos.Change{}:
		return e.Change.String()
	case len(e.Command) == 0:
		return "no-op"
	}
	return string(e.Command)
}

func fill(log map[uint64]multipaxos.Entry, first uint64, entries []multipaxos.Entry) {
	for i, e := range entries {
		if e.Ballot != (multipaxos.Ballot{}) {
			log[first+uint64(i)] = e
		}
	}
}
