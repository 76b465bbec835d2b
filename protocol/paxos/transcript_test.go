package paxos_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/paxos"
	"github.com/splitvote/splitvote/protocol/transcript"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// stage plays one register a key; a node is shown as what its acceptors have on disk. A tick draws
// the longest pause.
func stage(bug string) transcript.Stage {
	return transcript.Stage{
		Protocol: paxos.Protocol(), Bug: bug, Tick: protocol.Tick{Draw: 1},
		Machine: func() protocol.Machine { return kv.New() },
		// read KEY, write KEY VALUE, cas KEY [OLD,NEW] [once]
		Request: func(words []string, number int) ([]byte, bool, error) {
			c := kv.Command{Session: fmt.Sprintf("c%d", number), Seq: 1, Object: "cas-register", F: words[0],
				Key: words[1]}
			if len(words) > 2 {
				c.Value = []byte(words[2])
			}
			if len(words) > 3 { // without a session, nobody recognises it
				c.Session, c.Seq = "", 0
			}
			return c.Encode(), c.F == "read", nil
		},
		Result: bundledtest.Answer,
		Describe: func(_ protocol.Core, disk []protocol.Record) string {
			acceptors := map[string]paxos.State{}
			for _, r := range disk {
				switch d := r.Data.(type) {
				case *paxos.Promised:
					a := acceptors[d.Key]
					a.Promised = d.Ballot
					acceptors[d.Key] = a
				case *paxos.Took:
					acceptors[d.Key] = paxos.State{Promised: d.Ballot, Accepted: d.Ballot, Value: d.Value}
				case *paxos.Checkpoint:
					clear(acceptors)
					for _, a := range d.Acceptors {
						acceptors[a.Key] = a
					}
				}
			}
			text := "acceptor"
			for _, key := range slices.Sorted(maps.Keys(acceptors)) {
				a := acceptors[key]
				text += fmt.Sprintf(" %s promised=%v accepted=%v", key, a.Promised, a.Accepted)
				if a.Accepted.Round > 0 {
					text += " value=" + value(key, a.Value)
				}
			}
			return text
		},
	}
}

// value is the register's in the state of a key.
func value(key string, state []byte) string {
	machine := kv.New()
	if err := machine.Restore(state); err != nil {
		return err.Error()
	}
	r, err := kv.DecodeResult(machine.Query(kv.Command{Object: "register", F: "read", Key: key}.Encode()))
	if err != nil {
		return err.Error()
	}
	return string(r.Value)
}
