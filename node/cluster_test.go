package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/node"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/raft"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster is several Raft nodes on loopback.
type cluster struct {
	t     *testing.T
	ids   []protocol.NodeID
	nodes map[protocol.NodeID]*running
	peers map[protocol.NodeID]string
	http  *http.Client
}

type running struct {
	data, peer, client string
	stop               context.CancelFunc
	ended              chan error
}

func listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newCluster(t *testing.T, size int) *cluster {
	transport := &http.Transport{}
	c := &cluster{
		t: t, nodes: map[protocol.NodeID]*running{}, peers: map[protocol.NodeID]string{},
		http: &http.Client{Transport: transport, Timeout: 5 * time.Second},
	}
	t.Cleanup(transport.CloseIdleConnections)
	type pair struct{ peer, client net.Listener }
	listeners := map[protocol.NodeID]pair{}
	for i := range size {
		id := protocol.NodeID(fmt.Sprint("n", i+1))
		at := pair{listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")}
		c.ids = append(c.ids, id)
		c.peers[id] = at.peer.Addr().String()
		c.nodes[id] = &running{data: t.TempDir(), peer: at.peer.Addr().String(), client: at.client.Addr().String()}
		listeners[id] = at
	}
	for _, id := range c.ids {
		c.run(id, listeners[id].peer, listeners[id].client)
	}
	return c
}

func (c *cluster) run(id protocol.NodeID, peer, client net.Listener) {
	n := c.nodes[id]
	ctx, cancel := context.WithCancel(c.t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- node.Run(ctx, node.Config{
			ID: id, Members: c.ids, Protocol: raft.Protocol(), Options: map[string]string{"snapshot-every": "20"},
			Peers: c.peers, Peer: peer, Client: client, Data: n.data, Tick: 5 * time.Millisecond, Seed: 1,
			Log: slog.New(slog.NewTextHandler(c.t.Output(), nil)),
		})
	}()
	n.ended = ended
	n.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			c.t.Errorf("%s ended with %v", id, err)
		}
		ended <- nil
	}
	c.t.Cleanup(n.stop)
}

// restart starts a stopped node again from its disk.
func (c *cluster) restart(id protocol.NodeID) {
	c.t.Helper()
	c.run(id, listen(c.t, c.nodes[id].peer), listen(c.t, c.nodes[id].client))
}

// reply is what a node answers.
type reply struct {
	Code     int `json:"-"`
	Value    json.RawMessage
	Error    string
	Definite *bool
	Leader   protocol.NodeID
	Node     protocol.NodeID
	Role     string
	Term     uint64
	Commit   uint64
	Members  []protocol.NodeID
}

func (r reply) String() string {
	definite := ""
	if r.Definite != nil {
		definite = fmt.Sprintf(" definite=%v", *r.Definite)
	}
	if r.Error != "" {
		return fmt.Sprintf("%d %s%s", r.Code, r.Error, definite)
	}
	return fmt.Sprintf("%d %s%s", r.Code, r.Value, definite)
}

// ask sends a request to a node. The last pairs are headers.
func (c *cluster) ask(id protocol.NodeID, method, path, body string, headers ...string) (reply, error) {
	c.t.Helper()
	url := "http://" + c.nodes[id].client + path
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{Code: response.StatusCode}
	if err := json.Unmarshal(data, &r); err != nil {
		c.t.Fatalf("%s %s of %s: %d %s: %v", method, path, id, r.Code, data, err)
	}
	return r, nil
}

// until repeats the check until it succeeds.
func (c *cluster) until(what string, is func() bool) {
	c.t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	late := time.After(10 * time.Second)
	for !is() {
		select {
		case <-again.C:
		case <-late:
			c.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// leader waits until all of the given nodes follow one of them.
func (c *cluster) leader(among ...protocol.NodeID) (leader protocol.NodeID) {
	c.t.Helper()
	c.until(fmt.Sprintf("%v follow one leader", among), func() bool {
		leader = ""
		for _, id := range among {
			s, err := c.ask(id, "GET", "/status", "")
			if err != nil || s.Leader == "" || leader != "" && leader != s.Leader {
				return false
			}
			leader = s.Leader
		}
		s, err := c.ask(leader, "GET", "/status", "")
		return err == nil && s.Role == "leader"
	})
	return leader
}

// served asks the leader among the given nodes, again if leadership has just moved, until the
// request
// is carried out. A request that must not be carried out twice needs a session.
func (c *cluster) served(among []protocol.NodeID, method, path, body string, headers ...string) (r reply) {
	c.t.Helper()
	c.until(method+" "+path+" is carried out", func() bool {
		var err error
		r, err = c.ask(c.leader(among...), method, path, body, headers...)
		return err == nil && r.Code == http.StatusOK
	})
	return r
}

// inSession returns the headers of the n-th request of a session.
func inSession(n int) []string {
	return []string{"Splitvote-Session", "s", "Splitvote-Seq", fmt.Sprint(n)}
}

func without(ids []protocol.NodeID, id protocol.NodeID) (rest []protocol.NodeID) {
	for _, other := range ids {
		if other != id {
			rest = append(rest, other)
		}
	}
	return rest
}

func TestSurvivesALostLeader(t *testing.T) {
	c := newCluster(t, 3)
	for i := range 50 { // more than a snapshot's worth
		c.served(c.ids, "POST", "/v1/append-list/x/append", fmt.Sprint(i), inSession(i+1)...)
	}
	first := c.leader(c.ids...)
	c.nodes[first].stop()
	rest := without(c.ids, first)
	second := c.leader(rest...)
	if second == first {
		t.Fatalf("%s still leads", first)
	}
	c.served(rest, "POST", "/v1/append-list/x/append", "50", inSession(51)...)
	second = c.leader(rest...)
	c.restart(first)
	other := without(rest, second)[0]
	c.nodes[other].stop()
	var want []int
	for i := range 51 {
		want = append(want, i)
	}
	r := c.served([]protocol.NodeID{first, second}, "GET", "/v1/append-list/x/read", "")
	if list := strings.ReplaceAll(fmt.Sprint(want), " ", ","); string(r.Value) != list {
		t.Errorf("the list is %s, want %s", r, list)
	}
}

func TestWholeClusterRestarts(t *testing.T) {
	c := newCluster(t, 3)
	if r := c.served(c.ids, "POST", "/v1/unique-ids/-/generate", "", inSession(1)...); r.String() != "200 1" {
		t.Fatalf("generate: %v", r)
	}
	for _, id := range c.ids {
		c.nodes[id].stop()
	}
	for _, id := range c.ids {
		c.restart(id)
	}
	if r := c.served(c.ids, "POST", "/v1/unique-ids/-/generate", "", inSession(1)...); r.String() != "200 1" {
		t.Errorf("the same request after a restart: %v; want what it was answered before", r)
	}
	if r := c.served(c.ids, "POST", "/v1/unique-ids/-/generate", "", inSession(2)...); r.String() != "200 2" {
		t.Errorf("another request: %v; want 200 2", r)
	}
}

func TestOperators(t *testing.T) {
	c := newCluster(t, 3)
	var leader, next protocol.NodeID
	c.until("a follower refuses to transfer", func() bool {
		leader = c.leader(c.ids...)
		next = without(c.ids, leader)[0]
		r, err := c.ask(next, "POST", "/transfer/"+string(leader), "")
		return err == nil && r.Code == http.StatusServiceUnavailable && r.Leader == leader
	})
	c.until("leadership is transferred", func() bool {
		if r := c.served(c.ids, "POST", "/transfer/"+string(next), ""); r.String() != "200 null" {
			t.Fatalf("transfer: %v", r)
		}
		return c.leader(c.ids...) == next
	})
	if r := c.served([]protocol.NodeID{next}, "POST", "/members/remove/"+string(leader), ""); r.String() != "200 null" {
		t.Fatalf("remove: %v", r)
	}
	if s, err := c.ask(next, "GET", "/status", ""); err != nil || len(s.Members) != 2 {
		t.Errorf("members after one was removed: %v, %v", s.Members, err)
	}
	if r := c.served(without(c.ids, leader), "POST", "/members/add/"+string(leader), ""); r.String() != "200 null" {
		t.Errorf("add: %v", r)
	}
	for path, want := range map[string]string{
		"/members/add/n9":  "400 n9 has no address among the peers of " + string(next) + " definite=true",
		"/members/drop/n1": "404 want /members/add/{id} or /members/remove/{id} definite=true",
	} {
		if r, err := c.ask(next, "POST", path, ""); err != nil || r.String() != want {
			t.Errorf("POST %s: %v, %v; want %s", path, r, err, want)
		}
	}
}
