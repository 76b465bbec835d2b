package zab_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/transcript"
	"github.com/splitvote/splitvote/protocol/zab"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// stage plays Zab over a journal: ask NODE NAME is a write of at most eight letters, and its result
// how many there are.
func stage(bug string) transcript.Stage {
	return transcript.Stage{
		Protocol: zab.Protocol(), Bug: bug, Tick: protocol.Tick{Draw: 7},
		Machine: func() protocol.Machine { return &bundledtest.Journal{} },
		Request: func(words []string, _ int) ([]byte, bool, error) {
			command := binary.BigEndian.AppendUint64(nil, 0)
			copy(command, words[0])
			return command, false, nil
		},
		Result:   func(data []byte) string { return fmt.Sprintf("done, %d commands", binary.BigEndian.Uint64(data)) },
		Describe: describe,
		More: map[string]func(*transcript.Play, []string) error{
			// read NODE [seen=1:2]: a client that has seen that zxid
			"read": func(p *transcript.Play, args []string) error {
				in := protocol.Propose{ReadOnly: true}
				if len(args) == 2 {
					in.Seen = uint64(txn(strings.TrimPrefix(args[1], "seen=")).Zxid)
				}
				return p.Propose(args[0], "read", in)
			},
			// disk NODE [accepted=E] [current=E] [log=1:1,1:2 ...]: the node starts anew from
			// another disk
			"disk": disk,
			// elect NODE ...: these tick, and votes reach them and who has elected already, until
			// none of them looks
			"elect": elect,
			// established NODE ...: these elect, and all that is sent between them arrives,
			// without a word
			"established": func(p *transcript.Play, args []string) error {
				if err := elect(p, args); err != nil {
					return err
				}
				err := p.Deliver(func(m protocol.Message) bool {
					return slices.Contains(args, string(m.From)) && slices.Contains(args, string(m.To))
				})
				p.Discard()
				return err
			},
		},
	}
}

func disk(p *transcript.Play, args []string) error {
	var e zab.Epochs
	var txns []zab.Txn
	for _, setting := range args[1:] {
		name, value, _ := strings.Cut(setting, "=")
		var err error
		switch name {
		case "accepted":
			e.Accepted, err = strconv.ParseUint(value, 10, 64)
		case "current":
			e.Current, err = strconv.ParseUint(value, 10, 64)
		case "log":
			for z := range strings.SplitSeq(value, ",") {
				txns = append(txns, txn(z))
			}
		default:
			err = fmt.Errorf("no such setting: %s", name)
		}
		if err != nil {
			return err
		}
	}
	return p.Disk(args[0], protocol.Record{Data: &zab.Tail{Txns: txns}}, protocol.Record{Data: &e})
}

// txn is the transaction of that zxid; its command is its name, and nobody that plays asked for it.
func txn(z string) zab.Txn {
	epoch, counter, _ := strings.Cut(z, ":")
	e, _ := strconv.ParseUint(epoch, 10, 32)
	c, _ := strconv.ParseUint(counter, 10, 32)
	return zab.Txn{
		Zxid: zab.Zxid(e<<32 | c), Command: fmt.Appendf(nil, "%8s", z),
		Origin: zab.Origin{Node: "before", Link: e, Number: c},
	}
}

func elect(p *transcript.Play, names []string) error {
	looks := func(name string) bool {
		c := p.Core(name)
		return c != nil && c.Status().Role == "looking"
	}
	vote := func(m protocol.Message) bool {
		_, is := m.Body.(*zab.Notification)
		return is
	}
	for range 100 {
		for _, name := range names {
			if looks(name) {
				if err := p.Step(name, protocol.Tick{Draw: 7}); err != nil {
					return err
				}
			}
		}
		err := p.Deliver(func(m protocol.Message) bool {
			return vote(m) && (slices.Contains(names, string(m.To)) || !looks(string(m.To)))
		})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(names, looks) {
			p.Forget(vote) // those to who is not asked
			return nil
		}
	}
	return errors.New("they never agree")
}

// describe shows what the node is, and what its disk holds.
func describe(core protocol.Core, records []protocol.Record) string {
	st := core.Status()
	var e zab.Epochs
	var base uint64
	var log []zab.Txn
	snapshot := ""
	for _, r := range records {
		switch d := r.Data.(type) {
		case *zab.Epochs:
			e = *d
		case *zab.Checkpoint:
			e, base, log = d.Epochs, d.Base, slices.Clone(d.Txns)
			snapshot = " snapshot=" + d.Zxid.String()
		case *zab.Tail:
			log = append(log[:d.After-base:d.After-base], d.Txns...)
		}
	}
	names := make([]string, len(log))
	for i, t := range log {
		names[i] = t.Zxid.String()
	}
	return fmt.Sprintf("%-13s accepted=%d current=%d%s log=%s commit=%d",
		st.Role, e.Accepted, e.Current, snapshot, strings.Join(names, ","), st.Commit)
}
