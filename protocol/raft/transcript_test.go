package raft_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/protocol/transcript"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// story is what a stage remembers beyond the nodes: who the first members were, and whether anybody
// has asked for votes.
type story struct {
	members []protocol.NodeID
	polled  bool
}

// stage plays Raft over a journal. A tick draws an election timeout of 19 ticks, if they are 10 at
// least.
func stage(bug string) transcript.Stage {
	s := &story{}
	p := raft.Protocol()
	start := p.New
	p.New = func(c protocol.Config, records []protocol.Record) (protocol.Core, error) {
		s.members = c.Members
		return start(c, records)
	}
	return transcript.Stage{
		Protocol: p, Bug: bug, Tick: protocol.Tick{Draw: 9}, Seen: s.seen, Describe: s.describe,
		Machine: func() protocol.Machine { return &bundledtest.Journal{} },
		Result: func(data []byte) string {
			if len(data) != 8 {
				return "done"
			}
			return fmt.Sprintf("done, %d commands", binary.BigEndian.Uint64(data))
		},
		More: map[string]func(*transcript.Play, []string) error{
			// nodes NAME ... [log=1@1,...]: as ever; all members have that log and its last term
			"nodes": s.nodes,
			// disk NODE [term=T] [vote=NODE] [log=1@1,2@1 ...]: the node starts anew from another
			// disk
			"disk": disk,
			// propose NODE NAME: a command of at most eight letters
			"propose": func(p *transcript.Play, args []string) error {
				command := make([]byte, 8)
				copy(command, args[1])
				return p.Propose(args[0], args[1], protocol.Propose{Command: command})
			},
			// read NODE
			"read": func(p *transcript.Play, args []string) error {
				return p.Propose(args[0], "read", protocol.Propose{ReadOnly: true})
			},
			// timeout NODE: its clock ticks until it asks for votes
			"timeout": s.timeout,
			// elect NODE: it is told to start an election, and the votes are delivered
			"elect": elect,
		},
	}
}

func (s *story) seen(_ protocol.NodeID, _ protocol.Input, out protocol.Output) {
	for _, m := range out.Send {
		if _, vote := m.Body.(*raft.Vote); vote {
			s.polled = true
		}
	}
}

func (s *story) nodes(p *transcript.Play, args []string) error {
	var log string
	args = slices.DeleteFunc(args, func(a string) bool {
		if strings.HasPrefix(a, "log=") {
			log = a
		}
		return a == log
	})
	if err := p.Build(args); err != nil || log == "" {
		return err
	}
	for _, id := range s.members {
		if err := disk(p, []string{string(id), log}); err != nil {
			return err
		}
	}
	return nil
}

func disk(p *transcript.Play, args []string) error {
	settings := map[string]string{}
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		settings[name] = value
	}
	entries, err := parseLog(settings["log"])
	if err != nil {
		return err
	}
	hard := &raft.HardState{Vote: protocol.NodeID(settings["vote"])}
	var records []protocol.Record
	if len(entries) > 0 {
		hard.Term = entries[len(entries)-1].Term
		records = append(records, protocol.Record{Data: &raft.Entries{First: 1, Entries: entries}})
	}
	if term, ok := settings["term"]; ok {
		if hard.Term, err = strconv.ParseUint(term, 10, 64); err != nil {
			return err
		}
	}
	return p.Disk(args[0], append(records, protocol.Record{Data: hard})...)
}

// parseLog reads 1@1,2@1: the command of such an entry is its name.
func parseLog(text string) ([]raft.Entry, error) {
	if text == "" {
		return nil, nil
	}
	var entries []raft.Entry
	for name := range strings.SplitSeq(text, ",") {
		_, term, _ := strings.Cut(name, "@")
		t, err := strconv.ParseUint(term, 10, 64)
		if err != nil {
			return nil, err
		}
		command := make([]byte, 8)
		copy(command, name)
		entries = append(entries, raft.Entry{Term: t, Command: command})
	}
	return entries, nil
}

func (s *story) timeout(p *transcript.Play, args []string) error {
	s.polled = false
	for range 50 {
		if err := p.Step(args[0], protocol.Tick{Draw: p.Tick.Draw}); err != nil || s.polled {
			return err
		}
	}
	return errors.New("it never does")
}

func elect(p *transcript.Play, args []string) error {
	core := p.Core(args[0])
	if core == nil {
		return errors.New("it is down")
	}
	m := protocol.Message{To: protocol.NodeID(args[0]), Body: &raft.TimeoutNow{Term: core.Status().Term}}
	if err := p.Step(args[0], protocol.Receive{Message: m}); err != nil {
		return err
	}
	return p.Deliver(func(m protocol.Message) bool {
		switch m.Body.(type) {
		case *raft.Vote, *raft.Voted:
			return true
		}
		return false
	})
}

// describe shows a node's log as it is on its disk, and who the members are if that has changed.
func (s *story) describe(core protocol.Core, disk []protocol.Record) string {
	st := core.Status()
	text := fmt.Sprintf("%-9s term=%d", st.Role, st.Term)
	var base uint64
	var log []raft.Entry
	for _, r := range disk {
		switch d := r.Data.(type) {
		case *raft.Checkpoint:
			base, log = d.Index, slices.Clone(d.Entries)
			text += fmt.Sprintf(" snapshot=%d@%d", d.Index, d.Term)
		case *raft.Entries:
			log = append(log[:d.First-base-1], d.Entries...)
		}
	}
	names := make([]string, len(log))
	for i, e := range log {
		names[i] = fmt.Sprintf("%d@%d", base+1+uint64(i), e.Term)
	}
	text += fmt.Sprintf(" log=%s commit=%d", strings.Join(names, ","), st.Commit)
	if !slices.Equal(st.Members, s.members) {
		var members []string
		for _, m := range st.Members {
			members = append(members, string(m))
		}
		text += " members=" + strings.Join(members, ",")
	}
	return text
}
