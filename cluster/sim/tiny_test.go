package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

// tiny is the smallest target that uses all of the host: its first member is the primary for ever,
// makes each command durable, sends it to the others, and answers once a majority has it on disk.
// Others say who the primary is.
type tiny struct{ unsynced, repeat, broken bool }

func (tiny) Name() string                         { return "tiny" }
func (tiny) Objects() []string                    { return []string{"register"} }
func (tiny) Launch(cluster.Member) cluster.Launch { return cluster.Launch{} }
func (t tiny) Machine() protocol.Machine          { return &register{} }
func (tiny) Dial(context.Context, string, cluster.Session) (cluster.Client, error) {
	return nil, errors.New("tiny lives in the simulator")
}

func (tiny) Status(context.Context, string) (cluster.Status, error) {
	return cluster.Status{}, errors.New("tiny lives in the simulator")
}

// Request writes "process seq f value".
func (tiny) Request(op history.Op, s cluster.Session, seq uint64) ([]byte, bool) {
	line, _ := json.Marshal([]any{s.Process, seq, op.F, op.Value})
	return line, op.F == "read"
}

func (tiny) Complete(op history.Op, r protocol.Reply) cluster.Answer {
	a := cluster.Answer{Op: op, Again: true, Leader: history.NodeID(r.Leader)}
	switch r.Outcome {
	case protocol.Done:
		a.Op.Kind, a.Op.Value = history.Ok, r.Result
	case protocol.Rejected:
		a.Op.Kind, a.Op.Err = history.Fail, r.Reason
	default:
		a.Op.Kind, a.Op.Err = history.Info, r.Reason
	}
	return a
}

func (t tiny) Protocol() protocol.Protocol {
	p := protocol.Protocol{
		Name:   "tiny",
		Points: []string{"append"},
		New: func(cfg protocol.Config, records []protocol.Record) (protocol.Core, error) {
			n := &tinyCore{tiny: t, cfg: cfg, acks: map[protocol.NodeID]int{}, done: len(records)}
			for _, r := range records {
				n.log = append(n.log, r.Data.(command))
			}
			for _, c := range n.log {
				cfg.Machine.Apply([]byte(c.text))
			}
			return n, nil
		},
	}
	if t.broken {
		p.Invariants = func() protocol.Invariants { return never{} }
	}
	return p
}

// never is an invariant that no append upholds.
type never struct{}

func (never) After(_ protocol.NodeID, _ protocol.Core, _ protocol.Input, out *protocol.Output) error {
	if out.Point == "append" {
		return errors.New("something was appended (T1)")
	}
	return nil
}

func (never) Restarted(protocol.NodeID, protocol.Core) error { return nil }

type command struct {
	id   uint64 // of the Propose
	text string
}

// ack says that the sender has the first n commands on disk.
type ack int

type tinyCore struct {
	tiny
	cfg   protocol.Config
	log   []command
	acks  map[protocol.NodeID]int
	done  int // commands answered
	ticks int
	out   protocol.Output
}

func (n *tinyCore) primary() bool { return n.cfg.ID == n.cfg.Members[0] }

func (n *tinyCore) Status() protocol.Status {
	role := "backup"
	if n.primary() {
		role = "primary"
	}
	return protocol.Status{Role: role, Leader: n.cfg.Members[0], Term: 1, Applied: uint64(len(n.log))}
}

func (n *tinyCore) Step(in protocol.Input) protocol.Output {
	n.out = protocol.Output{Unsynced: n.unsynced}
	switch in := in.(type) {
	case protocol.Tick:
		if n.ticks++; n.ticks%5 == 0 && n.primary() {
			for _, m := range n.cfg.Members[1:] {
				n.replicate(m)
			}
		}
	case protocol.Propose:
		n.propose(in)
	case protocol.Receive:
		switch body := in.Message.Body.(type) {
		case []command:
			if len(body) > len(n.log) {
				for _, c := range body[len(n.log):] {
					n.append(c)
				}
			}
			n.send(in.Message.From, ack(len(n.log)))
		case ack:
			n.acks[in.Message.From] = max(n.acks[in.Message.From], int(body))
			n.advance()
		}
	}
	return n.out
}

func (n *tinyCore) propose(p protocol.Propose) {
	if !n.primary() {
		n.out.Reply = append(n.out.Reply, protocol.Reply{
			ID: p.ID, Outcome: protocol.Rejected, Leader: n.cfg.Members[0], Reason: "not the primary",
		})
		return
	}
	n.append(command{p.ID, string(p.Command)})
	for _, m := range n.cfg.Members[1:] {
		n.replicate(m)
	}
	n.advance()
}

func (n *tinyCore) append(c command) {
	n.log = append(n.log, c)
	n.out.Persist = append(n.out.Persist, protocol.Record{Data: c})
	n.out.Point = "append"
	if !n.primary() {
		n.cfg.Machine.Apply([]byte(c.text))
	}
}

// replicate sends the whole log; only what another lacks is looked at.
func (n *tinyCore) replicate(to protocol.NodeID) { n.send(to, n.log[:len(n.log):len(n.log)]) }

func (n *tinyCore) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.cfg.ID, To: to, Body: body})
}

func (n *tinyCore) advance() {
	for ; n.done < len(n.log); n.done++ {
		have := 1
		for _, m := range n.cfg.Members[1:] {
			if n.acks[m] > n.done {
				have++
			}
		}
		if 2*have <= len(n.cfg.Members) {
			return
		}
		c := n.log[n.done]
		reply := protocol.Reply{ID: c.id, Result: n.cfg.Machine.Apply([]byte(c.text))}
		n.out.Reply = append(n.out.Reply, reply)
		if n.repeat {
			n.out.Reply = append(n.out.Reply, reply)
		}
	}
}

// register is one register, with its clients' sessions.
type register struct {
	value  string
	latest map[string]string // process and seq to result
}

func (r *register) Apply(line []byte) []byte {
	var parts [4]json.RawMessage
	if err := json.Unmarshal(line, &parts); err != nil {
		panic(err)
	}
	session := string(parts[0]) + " " + string(parts[1])
	if result, ok := r.latest[session]; ok {
		return []byte(result)
	}
	if strings.Contains(string(parts[2]), "write") {
		r.value = string(parts[3])
	}
	if r.latest == nil {
		r.latest = map[string]string{}
	}
	result := r.value
	if result == "" {
		result = "null"
	}
	r.latest[session] = result
	return []byte(result)
}

func (r *register) Query([]byte) []byte  { return []byte(r.value) }
func (r *register) Snapshot() []byte     { return []byte(r.value) }
func (r *register) Restore([]byte) error { return nil }
