package bundled

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

// Target is a bundled protocol as a system under test. It is also a [cluster.Simulable].
type Target struct{ protocol protocol.Protocol }

// New makes a target of p, which serves the store of package kv.
func New(p protocol.Protocol) Target { return Target{p} }

// Name is the protocol's name.
func (t Target) Name() string { return t.protocol.Name }

// Objects are those of package kv that the protocol can serve.
func (t Target) Objects() []string {
	if len(t.protocol.Objects) > 0 {
		return t.protocol.Objects
	}
	return kv.Objects()
}

// Protocol is what the target was made of.
func (t Target) Protocol() protocol.Protocol { return t.protocol }

// Machine is an empty store.
func (t Target) Machine() protocol.Machine { return kv.New() }

// Launch runs `splitvote node`, with every setting on its command line.
func (t Target) Launch(m cluster.Member) cluster.Launch {
	members := make([]string, len(m.Members))
	var peers []string
	for i, id := range m.Members {
		members[i] = string(id)
		if addr, known := m.Peers[id]; known && id != m.ID {
			peers = append(peers, string(id)+"="+addr)
		}
	}
	argv := []string{
		"node", "--protocol", t.protocol.Name, "--id", string(m.ID),
		"--members", strings.Join(members, ","), "--peer-listen", m.Peer, "--client-listen", m.Client,
		"--data", m.Data, "--tick", m.Tick.String(), "--seed", strconv.FormatUint(m.Seed, 10),
	}
	if len(peers) > 0 {
		argv = append(argv, "--peers", strings.Join(peers, ","))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		argv = append(argv, "--set", name+"="+m.Options[name])
	}
	if m.Bug != "" {
		argv = append(argv, "--bug", m.Bug)
	}
	if m.Run != "" {
		argv = append(argv, "--run", m.Run)
	}
	return cluster.Launch{Argv: argv, Ready: "/ready"}
}

// Request is op as a command of package kv. An argument that is not JSON, which no generator makes,
// becomes one that the store refuses.
func (t Target) Request(op history.Op, s cluster.Session, seq uint64) (command []byte, readOnly bool) {
	c := kv.Command{Session: sessionName(s), Seq: seq, Object: s.Object, F: op.F, Key: op.Key}
	value, err := kv.Compact(op.Value)
	if err != nil {
		c.F = "not JSON"
	}
	c.Value = value
	return c.Encode(), c.ReadOnly()
}

// sessionName is unique to a process of a run.
func sessionName(s cluster.Session) string { return s.Run + "/" + s.Process.String() }

// Complete reads a core's reply.
func (t Target) Complete(op history.Op, r protocol.Reply) cluster.Answer {
	if r.Outcome != protocol.Done {
		a := t.repeatable(replied[r.Outcome].answer(op, nil, r.Reason))
		a.Leader = history.NodeID(r.Leader)
		return a
	}
	result, err := kv.DecodeResult(r.Result)
	if err != nil {
		return t.repeatable(unreadable.answer(op, nil, err.Error()))
	}
	return observed(op, concluded(result).answer(op, result.Value, result.Err))
}

// repeatable takes back the leave to ask again what may have been carried out, where nothing
// recognises a repetition.
func (t Target) repeatable(a cluster.Answer) cluster.Answer {
	if t.protocol.Unrepeatable && a.Op.Kind == history.Info {
		a.Again = false
	}
	return a
}

// Dial makes a client that connects when it first has something to ask.
func (t Target) Dial(_ context.Context, addr string, s cluster.Session) (cluster.Client, error) {
	return newClient(addr, s, t.repeatable), nil
}

// Status asks the node's /status.
func (t Target) Status(ctx context.Context, addr string) (cluster.Status, error) {
	return askStatus(ctx, addr)
}
