package node_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/node"
	"github.com/splitvote/splitvote/node/frame"
	"github.com/splitvote/splitvote/node/wal"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Count is the body and record of the counting core.
type Count struct{ N int }

var codec = wire.New(Count{})

// counting is a core that counts its ticks. It writes each number to its log and sends it to n2. It
// returns received numbers negated, and refuses clients.
type counting struct {
	n        int
	unsynced bool
}

func (c *counting) Step(in protocol.Input) protocol.Output {
	send := func(n int) []protocol.Message { return []protocol.Message{{From: "n1", To: "n2", Body: Count{n}}} }
	switch in := in.(type) {
	case protocol.Tick:
		c.n++
		return protocol.Output{
			Persist: []protocol.Record{{Data: Count{c.n}}}, Send: send(c.n), Unsynced: c.unsynced,
		}
	case protocol.Receive:
		return protocol.Output{Send: send(-in.Message.Body.(Count).N)}
	case protocol.Propose: // one further than the client has seen
		return protocol.Output{Reply: []protocol.Reply{{ID: in.ID, Outcome: protocol.Rejected, Position: in.Seen + 1}}}
	}
	return protocol.Output{}
}

func (c *counting) Status() protocol.Status { return protocol.Status{Role: "counting"} }

func counter(unsynced bool) protocol.Protocol {
	return protocol.Protocol{
		Name: "counter", Codec: codec,
		New: func(_ protocol.Config, records []protocol.Record) (protocol.Core, error) {
			c := &counting{unsynced: unsynced}
			for _, r := range records {
				c.n = r.Data.(Count).N
			}
			return c, nil
		},
		Options: []protocol.Option{{Name: "size", Default: "3"},
			{Name: "mode", Default: "a", Values: []string{"a", "b"}}},
		Mutants: []protocol.Mutant{{Name: "counter/off-by-one"}},
	}
}

// configure describes a node n1 of p whose only peer is n2, at the test's listener.
func configure(t *testing.T, p protocol.Protocol, n2 net.Listener) node.Config {
	return node.Config{
		ID: "n1", Members: []protocol.NodeID{"n1", "n2"}, Protocol: p,
		Peers: map[protocol.NodeID]string{"n2": n2.Addr().String()},
		Peer:  listen(t, "127.0.0.1:0"), Client: listen(t, "127.0.0.1:0"), Data: filepath.Join(t.TempDir(), "data"),
		Tick: time.Millisecond, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// start runs a node; stop ends it and returns what Run returned.
func start(t *testing.T, c node.Config) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- node.Run(ctx, c) }()
	stop = func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the node ended with %v", err)
		}
	})
	return stop
}

// accept takes the connection on which n1 sends to n2.
func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	payload, err := frame.Read(conn)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("splitvote 1 n1 n2", string(payload)); diff != "" {
		t.Fatalf("first frame (-want +got):\n%s", diff)
	}
	return conn
}

// next returns the next number that n1 sends.
func next(t *testing.T, conn net.Conn) int {
	t.Helper()
	payload, err := frame.Read(conn)
	if err != nil {
		t.Fatal(err)
	}
	body, err := codec.Unmarshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return body.(Count).N
}

// logged returns the last number in a node's files.
func logged(t *testing.T, data string) (n int) {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	l, recovery, err := wal.Open(copied, codec)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, r := range recovery.Records {
		n = r.Data.(Count).N
	}
	return n
}

func TestWritesBeforeItSpeaks(t *testing.T) { // N2
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	c := configure(t, counter(false), n2)
	stop := start(t, c)
	conn := accept(t, n2)
	for range 20 {
		if said, written := next(t, conn), logged(t, c.Data); said > written {
			t.Fatalf("the node has sent %d, and its log ends with %d", said, written)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	before := logged(t, c.Data)
	c.Peer, c.Client = listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	start(t, c)
	if said := next(t, accept(t, n2)); said <= before {
		t.Errorf("started again on a log that ends with %d, the node sends %d", before, said)
	}
}

func TestForgetsWhatIsNotSynced(t *testing.T) {
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	c := configure(t, counter(true), n2)
	start(t, c)
	if said, written := next(t, accept(t, n2)), logged(t, c.Data); said == 0 || written != 0 {
		t.Errorf("the node has sent %d, and a kill would leave a log that ends with %d", said, written)
	}
}

func TestReconnects(t *testing.T) { // N3
	n2 := listen(t, "127.0.0.1:0")
	addr := n2.Addr().String()
	start(t, configure(t, counter(false), n2))
	first := accept(t, n2)
	said := next(t, first)
	first.Close()
	second := accept(t, n2)
	if again := next(t, second); again <= said {
		t.Errorf("after reconnecting, %d follows %d", again, said)
	}
	n2.Close()
	second.Close()
	n2 = listen(t, addr)
	defer n2.Close()
	if again := next(t, accept(t, n2)); again <= said {
		t.Errorf("after the peer was away, %d follows %d", again, said)
	}
}

// dial connects to n1 and sends frames with the given payloads.
func dial(t *testing.T, c node.Config, payloads ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", c.Peer.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, p := range payloads {
		if err := frame.Write(conn, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

func TestHearsPeers(t *testing.T) {
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	c := configure(t, counter(false), n2)
	start(t, c)
	heard := accept(t, n2)
	for name, payloads := range map[string][]string{
		"no hello":            {`{"count":{"N":1}}`},
		"hello to another":    {"splitvote 1 n2 n9"},
		"not the codec's":     {"splitvote 1 n2 n1", `{"gossip":{}}`},
		"hello in mid-speech": {"splitvote 1 n2 n1", "splitvote 1 n2 n1"},
	} {
		conn := dial(t, c, payloads...)
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: the connection was not closed", name)
		}
	}
	conn := dial(t, c, "splitvote 1 n2 n1")
	damaged := frame.Append(nil, []byte(`{"count":{"N":6}}`))
	damaged[len(damaged)-3] ^= 1
	if _, err := conn.Write(damaged); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a damaged frame: the connection was not closed")
	}
	dial(t, c, "splitvote 1 n2 n1", `{"count":{"N":7}}`)
	for n := 0; n >= 0; {
		if n = next(t, heard); n < 0 && n != -7 {
			t.Errorf("heard %d, want -7", n)
		}
	}
}

func TestRefusesCorruptLog(t *testing.T) {
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	c := configure(t, counter(false), n2)
	stop := start(t, c)
	conn := accept(t, n2)
	for next(t, conn) < 3 {
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.Data, "000001.wal")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.IndexByte(data, '{')] = '['
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	c.Peer, c.Client = listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	err = node.Run(t.Context(), c)
	if err == nil || !strings.HasPrefix(err.Error(),
		fmt.Sprintf("write-ahead log: %s: offset 16: corrupt record", path)) {
		t.Errorf("a node with a corrupt log: %v", err)
	}
	if _, err := c.Client.Accept(); err == nil {
		t.Error("the listener of a node that has not started is still open")
	}
}

func TestConfigCheck(t *testing.T) {
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	good := configure(t, counter(false), n2)
	defer good.Peer.Close()
	defer good.Client.Close()
	type options = map[string]string
	for want, change := range map[string]func(*node.Config){
		`<nil>`: func(c *node.Config) {
			c.Bug, c.Options = "counter/off-by-one", options{"mode": "b"}
		},
		`node: "" is no name for a node`:    func(c *node.Config) { c.ID = "" },
		`node: "a b" is no name for a node`: func(c *node.Config) { c.Members = []protocol.NodeID{"a b"} },
		`node: member n2 is named twice`:    func(c *node.Config) { c.Members = []protocol.NodeID{"n2", "n2"} },
		`node: member n3 has no address among the peers`: func(c *node.Config) {
			c.Members = []protocol.NodeID{"n1", "n3"}
		},
		`node: the cluster has no members`:     func(c *node.Config) { c.Members = nil },
		`node: a tick of 0s: want more than 0`: func(c *node.Config) { c.Tick = 0 },
		`node: no data directory`:              func(c *node.Config) { c.Data = "" },
		`node: counter has no bug "raft/x"`:    func(c *node.Config) { c.Bug = "raft/x" },
		`node: no option "colour"`: func(c *node.Config) {
			c.Options = options{"colour": "1"}
		},
		`node: option mode is "c", want a or b`: func(c *node.Config) {
			c.Options = options{"mode": "c"}
		},
		`node: option size is "0", want a whole number from 1`: func(c *node.Config) {
			c.Options = options{"size": "0"}
		},
	} {
		c := good
		change(&c)
		if got := fmt.Sprint(c.Check()); got != want {
			t.Errorf("error %s, want %s", got, want)
		}
	}
}

func TestPositions(t *testing.T) {
	c := configure(t, counter(false), listen(t, "127.0.0.1:0"))
	defer start(t, c)()
	for _, test := range []struct {
		seen, position string
		status         int
	}{
		{"", "1", http.StatusServiceUnavailable},
		{"41", "42", http.StatusServiceUnavailable},
		{"x", "", http.StatusBadRequest},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
			"http://"+c.Client.Addr().String()+"/v1/register/x/read", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Splitvote-Seen", test.seen)
		request.Close = true
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := response.Header.Get("Splitvote-Position"); got != test.position ||
			response.StatusCode != test.status {
			t.Errorf("seen %q: status %d, position %q, want %d, %q", test.seen, response.StatusCode, got, test.status,
				test.position)
		}
	}
}
