package twopc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/twopc"
)

// indivisible is a machine whose commands cannot be taken apart.
type indivisible struct{ protocol.Machine }

// config is that of n1 of three, with every option at its default.
func config() protocol.Config {
	return protocol.Config{
		ID: "n1", Members: []protocol.NodeID{"n1", "n2", "n3"}, Options: twopc.Protocol().Defaults(), Machine: kv.New(),
	}
}

func TestWhatCannotBeANode(t *testing.T) {
	for _, test := range []struct {
		why     string
		change  func(*protocol.Config)
		records []protocol.Record
	}{
		{"members: there are none", func(c *protocol.Config) { c.Members = nil }, nil},
		{"members: 64 are too many", func(c *protocol.Config) {
			c.Members = nil
			for i := range 64 {
				c.Members = append(c.Members, protocol.NodeID(fmt.Sprint(i)))
			}
		}, nil},
		{"cannot be taken apart", func(c *protocol.Config) { c.Machine = indivisible{c.Machine} }, nil},
		{"option resend-ticks", func(c *protocol.Config) { c.Options["resend-ticks"] = "0" }, nil},
		{"option termination", func(c *protocol.Config) { c.Options["termination"] = "none" }, nil},
		{"no bug is named", func(c *protocol.Config) { c.Bug = "twopc/none" }, nil},
		{"record 0", func(*protocol.Config) {}, []protocol.Record{{Data: "not of twopc"}}},
		{"record 1", func(*protocol.Config) {}, []protocol.Record{
			{Data: &twopc.Life{Number: 1}}, {Checkpoint: true, Data: &twopc.Checkpoint{State: []byte("not a store")}},
		}},
	} {
		c := config()
		test.change(&c)
		if _, err := twopc.New(c, test.records); err == nil || !strings.Contains(err.Error(), test.why) {
			t.Errorf("want an error that says %q, have %v", test.why, err)
		}
	}
}

// What touches no key is answered where it is asked, and who is no member serves nobody.
func TestAnsweredWithoutATransaction(t *testing.T) {
	ask := func(c protocol.Config, command kv.Command) protocol.Reply {
		core, err := twopc.New(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		out := core.Step(protocol.Propose{ID: 7, Command: command.Encode()})
		if len(out.Reply) != 1 || out.Reply[0].ID != 7 || len(out.Send) > 0 {
			t.Fatalf("want one reply and no message, have %+v", out)
		}
		return out.Reply[0]
	}
	empty := kv.Command{Object: "list-append", F: "txn", Value: []byte("[]")}
	if r, err := kv.DecodeResult(ask(config(), empty).Result); err != nil || !r.OK {
		t.Errorf("an empty transaction: %+v, %v", r, err)
	}
	wrong := kv.Command{Object: "bank", F: "transfer", Value: []byte(`{"from":"0","to":"0","amount":1}`)}
	if r, err := kv.DecodeResult(ask(config(), wrong).Result); err != nil || r.OK || r.Err == "" {
		t.Errorf("a transfer from an account to itself: %+v, %v", r, err)
	}
	outside := config()
	outside.ID = "n4"
	if r := ask(outside, empty); r.Outcome != protocol.Rejected {
		t.Errorf("who is no member answers %+v", r)
	}
}

// A checkpoint is a node's whole state: what comes back with it alone is what comes back with all
// records before it.
func TestACheckpointIsTheWholeState(t *testing.T) {
	c := config()
	c.Options["checkpoint-every"] = "3"
	core, err := twopc.New(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log []protocol.Record
	step := func(in protocol.Input) protocol.Output {
		out := core.Step(in)
		for _, r := range out.Persist {
			if r.Checkpoint {
				log = nil
			}
			log = append(log, r)
		}
		return out
	}
	// Prepared for n2, refused to n3 and executed for itself.
	write := func(key string) []byte {
		return kv.Command{Object: "register", F: "write", Key: key, Value: []byte("1")}.Encode()
	}
	tx := func(node protocol.NodeID) twopc.ID {
		return twopc.ID{Node: node, Number: twopc.Number{Life: 1, Call: 5}}
	}
	question := func(node protocol.NodeID) protocol.Receive {
		m := &twopc.Prepare{Tx: tx(node), Participants: []protocol.NodeID{"n1", node}, Part: write("a"),
			Floor: twopc.Number{Life: 1, Call: 4}}
		return protocol.Receive{Message: protocol.Message{From: node, To: "n1", Body: m}}
	}
	step(question("n2"))
	step(question("n3"))
	step(protocol.Propose{ID: 1, Command: write("b")})
	if len(log) != 1 || !log[0].Checkpoint {
		t.Fatalf("want a checkpoint and nothing else, have %d records", len(log))
	}
	c.Machine = kv.New()
	if core, err = twopc.New(c, log); err != nil {
		t.Fatal(err)
	}
	step(protocol.Tick{})
	vote := func(node protocol.NodeID) *twopc.Vote {
		for _, m := range step(question(node)).Send {
			if v, ok := m.Body.(*twopc.Vote); ok {
				return v
			}
		}
		return &twopc.Vote{}
	}
	if !vote("n2").Yes {
		t.Error("it has forgotten that it is prepared")
	}
	if no := vote("n3"); no.Yes || no.Reason == "" {
		t.Error("it has forgotten that it has refused")
	}
	read := kv.Command{Object: "register", F: "read", Key: "b"}.Encode()
	out := step(protocol.Propose{ID: 2, Command: read})
	if len(out.Reply) != 1 {
		t.Fatalf("a read of its own shard: %+v", out)
	}
	if r, err := kv.DecodeResult(out.Reply[0].Result); err != nil || string(r.Value) != "1" {
		t.Errorf("what was executed before the checkpoint reads %s, %v", r.Value, err)
	}
}
