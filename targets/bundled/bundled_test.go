package bundled_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/targets/bundled"
)

var target = bundled.New(protocol.Protocol{Name: "alone"})

var _ cluster.Simulable = target

func TestLaunch(t *testing.T) {
	got := target.Launch(cluster.Member{
		ID: "n2", Members: []history.NodeID{"n1", "n2", "n3"}, Peer: "127.0.0.1:7001", Client: "127.0.0.1:8001",
		Peers: map[history.NodeID]string{"n3": "127.0.0.1:7103", "n1": "127.0.0.1:7101"}, Data: "/data",
		Options: map[string]string{"reads": "index", "prevote": "on"}, Bug: "alone/forgets",
		Tick: 25 * time.Millisecond, Seed: 7, Run: "r7",
	})
	want := cluster.Launch{
		Argv: []string{
			"node", "--protocol", "alone", "--id", "n2", "--members", "n1,n2,n3",
			"--peer-listen", "127.0.0.1:7001", "--client-listen", "127.0.0.1:8001",
			"--data", "/data", "--tick", "25ms", "--seed", "7",
			"--peers", "n1=127.0.0.1:7101,n3=127.0.0.1:7103", "--set", "prevote=on", "--set", "reads=index", "--bug",
			"alone/forgets",
			"--run", "r7",
		},
		Ready: "/ready",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("launch (-want +got):\n%s", diff)
	}
}

func TestRequest(t *testing.T) {
	op := history.Op{Process: 3, F: "cas", Key: "x", Value: []byte(`[1, 2]`)}
	command, readOnly := target.Request(op, cluster.Session{Process: 3, Object: "cas-register", Run: "r7"}, 9)
	got, err := kv.Decode(command)
	if err != nil {
		t.Fatal(err)
	}
	want := kv.Command{Session: "r7/3", Seq: 9, Object: "cas-register", F: "cas", Key: "x", Value: []byte("[1,2]")}
	if diff := cmp.Diff(want, got); diff != "" || readOnly {
		t.Errorf("request (read-only: %v; -want +got):\n%s", readOnly, diff)
	}
	op.F = "read"
	if _, readOnly := target.Request(op, cluster.Session{Object: "cas-register"}, 1); !readOnly {
		t.Error("a read is not read-only")
	}
	op.Value = []byte("[1")
	command, readOnly = target.Request(op, cluster.Session{Object: "cas-register"}, 1)
	result, err := kv.DecodeResult(target.Machine().Apply(command))
	if err != nil || result.OK || readOnly {
		t.Errorf("a call whose argument is not JSON: %+v, %v, read-only %v", result, err, readOnly)
	}
}

func TestComplete(t *testing.T) {
	op := history.Op{Kind: history.Invoke, Process: 3, F: "read", Key: "x", Value: []byte("null"), Node: "n1"}
	done := func(r kv.Result) protocol.Reply { return protocol.Reply{Outcome: protocol.Done, Result: r.Encode()} }
	for _, test := range []struct {
		name   string
		reply  protocol.Reply
		kind   history.Kind
		value  string
		err    string
		again  bool
		leader history.NodeID
	}{
		{"read", done(kv.Result{OK: true, Value: []byte("7")}), history.Ok, "7", "", false, ""},
		{"write", done(kv.Result{OK: true}), history.Ok, "null", "", false, ""},
		{"refused", done(kv.Result{Err: "release: not the holder"}), history.Fail, "null",
			"release: not the holder", false, ""},
		{"superseded", done(kv.Result{Superseded: true, Err: "gone past"}), history.Info, "null", "gone past",
			false, ""},
		{"damaged", protocol.Reply{Result: []byte{9}}, history.Info, "null", "kv: not a result", true, ""},
		{
			"not the leader", protocol.Reply{Outcome: protocol.Rejected, Leader: "n2", Reason: "not the leader"},
			history.Fail, "null", "not the leader", true, "n2",
		},
		{
			"deposed", protocol.Reply{Outcome: protocol.Unknown, Leader: "n2", Reason: "lost leadership"},
			history.Info, "null", "lost leadership", true, "n2",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := cluster.Answer{Op: op, Again: test.again, Leader: test.leader}
			want.Op.Kind, want.Op.Value, want.Op.Err = test.kind, []byte(test.value), test.err
			if diff := cmp.Diff(want, target.Complete(op, test.reply)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// A transfer that the balance does not cover was carried out and tells of the balance; a
// withdrawal, which no workload makes, and a refusal by a server that may be behind do not.
func TestUncoveredTransferIsAnObservation(t *testing.T) {
	const transfer = `{"from":"0","to":"1","amount":5}`
	target := bundled.New(protocol.Protocol{Name: "p", Objects: []string{"bank"}})
	refused := protocol.Reply{Outcome: protocol.Done, Result: kv.Result{Err: kv.NotCovered}.Encode()}
	op := history.Op{Kind: history.Invoke, F: "transfer", Value: []byte(transfer)}
	if got := target.Complete(op, refused).Op; got.Kind != history.Ok || string(got.Value) != "["+transfer+",false]" ||
		got.Err != "" {
		t.Errorf("a transfer that was not covered is %v %s (%s)", got.Kind, got.Value, got.Err)
	}
	op.F = "withdraw"
	if got := target.Complete(op, refused).Op; got.Kind != history.Fail {
		t.Errorf("a withdrawal that was not covered is %v", got.Kind)
	}
	op.F = "transfer"
	if got := target.Complete(op, protocol.Reply{Outcome: protocol.Rejected, Reason: kv.NotCovered}).
		Op; got.Kind != history.Fail {
		t.Errorf("a transfer that was not carried out is %v", got.Kind)
	}
}

func TestWhatNobodyRecognisesIsNotAskedAgain(t *testing.T) {
	forgetful := bundled.New(protocol.Protocol{Name: "forgetful", Objects: []string{"register"}, Unrepeatable: true})
	if diff := cmp.Diff([]string{"register"}, forgetful.Objects()); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	op := history.Op{Kind: history.Invoke, F: "write", Key: "x", Value: []byte("1")}
	for outcome, again := range map[protocol.Outcome]bool{protocol.Rejected: true, protocol.Unknown: false} {
		if a := forgetful.Complete(op, protocol.Reply{Outcome: outcome}); a.Again != again {
			t.Errorf("outcome %d: ask again %v, want %v", outcome, a.Again, again)
		}
	}
}

func TestAll(t *testing.T) {
	var names []string
	for _, t := range bundled.All() {
		names = append(names, t.Name())
	}
	if diff := cmp.Diff([]string{"raft", "multipaxos", "abd", "paxos", "zab", "gossip", "twopc"}, names); diff != "" {
		t.Errorf("bundled protocols (-want +got):\n%s", diff)
	}
}
