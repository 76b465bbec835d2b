package node_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/node"
	"github.com/splitvote/splitvote/node/frame"
)

// A peer's messages are accepted if its hello names the node's run; otherwise it is cut off (N7).
func TestPeersOfOtherRunsAreRefused(t *testing.T) {
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	for _, test := range []struct{ mine, theirs string }{{"r1", "r1"}, {"", ""}, {"r1", "r2"}, {"r1", ""}, {"", "r2"}} {
		c := configure(t, counter(false), n2)
		c.Run = test.mine
		stop := start(t, c)
		peer, err := net.Dial("tcp", c.Peer.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		hello := frame.Hello{From: "n2", To: "n1", Run: test.theirs}
		if err := frame.Write(peer, hello.Marshal()); err != nil {
			t.Fatal(err)
		}
		if test.mine == test.theirs {
			answers := take(t, n2)
			if err := frame.Write(peer, []byte(`{"count":{"N":7}}`)); err != nil {
				t.Fatal(err)
			}
			for next(t, answers) != -7 { // the answer; the others are ticks
			}
			answers.Close()
		} else if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%q was heard by %q: %v", test.theirs, test.mine, err)
		}
		peer.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

// take takes the connection on which n1 sends to n2, whatever it says first.
func take(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	for {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := frame.Read(conn); err == nil { // otherwise it belongs to an earlier node, which has ended
			return conn
		}
		conn.Close()
	}
}

func TestClientsOfOtherRunsAreRefused(t *testing.T) { // N7
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	const refused = `421 {"error":"the client is of run r2, and n1 is of run r1","definite":true,"node":"n1"}`
	for _, test := range []struct{ mine, theirs, path, want string }{
		{"r1", "r1", "/ready", `200 {"value":true,"node":"n1"}`},
		{"r1", "", "/ready", `200 {"value":true,"node":"n1"}`}, // a person with curl
		{"", "r2", "/ready", `200 {"value":true,"node":"n1"}`}, // a cluster that was already running
		{"r1", "r2", "/ready", refused},
		{"r1", "r2", "/v1/register/x/read", refused},
		{"r1", "r2", "/status", refused},
	} {
		c := configure(t, counter(false), n2)
		c.Run = test.mine
		stop := start(t, c)
		r, err := http.NewRequest(http.MethodGet, "http://"+c.Client.Addr().String()+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Splitvote-Run", test.theirs)
		r.Close = true
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if got := fmt.Sprintf("%d %s", answer.StatusCode, strings.TrimSpace(string(body))); got != test.want ||
			err != nil {
			t.Errorf("a client of %q asks %q for %s: %s, %v; want %s", test.theirs, test.mine, test.path, got, err,
				test.want)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

func TestDataDirectoryIsOneNodes(t *testing.T) { // N7
	n2 := listen(t, "127.0.0.1:0")
	defer n2.Close()
	first := configure(t, counter(false), n2)
	stop := start(t, first)
	conn := take(t, n2) // it runs
	defer conn.Close()
	second := configure(t, counter(false), n2)
	second.Data = first.Data
	want := "node: data directory " + first.Data + ": another node uses it"
	if err := node.Run(t.Context(), second); err == nil || err.Error() != want {
		t.Errorf("a second node ended with %v, want %s", err, want)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	third := configure(t, counter(false), n2)
	third.Data = first.Data
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := node.Run(ctx, third); err != nil {
		t.Errorf("once the first has ended: %v", err)
	}
}
