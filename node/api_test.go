package node_test

import (
	"strings"
	"testing"
)

func TestClientInterface(t *testing.T) {
	c := newCluster(t, 3)
	leader := c.leader(c.ids...)
	const (
		gone = "session has gone past this request"
		both = "want both Splitvote-Session and Splitvote-Seq, a whole number, or neither"
	)
	for i, test := range []struct {
		method, path, body string
		headers            string // name=value ...
		want               string
	}{
		{"GET", "/ready", "", "", "200 true"},
		{"GET", "/v1/register/x/read", "", "", "200 null"},
		{"POST", "/v1/register/x/write", " [1, 2] ", "", "200 [1,2]"},
		{"GET", "/v1/register/x/read", "", "", "200 [1,2]"},
		{"POST", "/v1/cas-register/x/cas", "[[1,2],\"<b>\"]", "", `200 [[1,2],"<b>"]`},
		{"POST", "/v1/cas-register/x/cas", "[1,2]", "", "200 [1,2,false]"},
		{"POST", "/v1/cas-register/x/read", "", "", `200 "<b>"`},
		{"POST", "/v1/register/a%2Fb%20c/write", "7", "", "200 7"},
		{"GET", "/v1/register/a%2Fb%20c/read", "", "", "200 7"},
		{"GET", "/v1/register/a/read", "", "", "200 null"},
		{"POST", "/v1/counter/-/add", "5", "Splitvote-Session=s Splitvote-Seq=2", "200 5"},
		{"POST", "/v1/counter/-/add", "5", "Splitvote-Session=s Splitvote-Seq=2", "200 5"},
		{"POST", "/v1/counter/-/add", "5", "Splitvote-Session=s Splitvote-Seq=1", "409 " + gone + " definite=false"},
		{"GET", "/v1/counter/-/read", "", "", "200 5"},
		{"POST", "/v1/counter/-/add", "5", "Splitvote-Session=s", "400 " + both + " definite=true"},
		{"POST", "/v1/counter/-/add", "5", "Splitvote-Seq=3", "400 " + both + " definite=true"},
		{"POST", "/v1/set/x/contains", "3", "", "200 [3,false]"},
		{"POST", "/v1/fifo-queue/x/dequeue", "", "", "200 null"},
		{"GET", "/v1/register/x/write", "", "", "405 write changes the object: want POST definite=true"},
		{"PUT", "/v1/register/x/write", "1", "", "405 want POST or GET definite=true"},
		{"POST", "/v1/register/x/cas", "[1,2]", "", `400 register has no call "cas": it has read, write definite=true`},
		{"POST", "/v1/register/x/write", "{", "", "400 value is not JSON: unexpected end of JSON input definite=true"},
		{"POST", "/v1/register/x/write", strings.Repeat(" ", 1<<20) + "1", "",
			"400 http: request body too large definite=true"},
		{"GET", "/v2", "", "", "404 no GET /v2 here: see POST /v1/{object}/{key}/{f}, /status, /ready definite=true"},
	} {
		var headers []string
		for pair := range strings.FieldsSeq(test.headers) {
			name, value, _ := strings.Cut(pair, "=")
			headers = append(headers, name, value)
		}
		r, err := c.ask(leader, test.method, test.path, test.body, headers...)
		if err != nil || r.String() != test.want || r.Node != leader {
			t.Errorf("step %d: %s %s: %v of %s (%v), want %s", i, test.method, test.path, r, r.Node, err, test.want)
		}
	}
	follower := without(c.ids, leader)[0]
	r, err := c.ask(follower, "POST", "/v1/register/x/write", "9")
	if err != nil || r.Code != 503 || r.Leader != leader || r.Definite == nil || !*r.Definite {
		t.Errorf("a write to a follower: %v (leader %q), %v", r, r.Leader, err)
	}
}

func TestUnknownOutcome(t *testing.T) { // N4
	c := newCluster(t, 3)
	leader := c.leader(c.ids...)
	for _, id := range without(c.ids, leader) {
		c.nodes[id].stop()
	}
	r, err := c.ask(leader, "POST", "/v1/register/x/write", "9")
	if err != nil || r.Code != 504 || r.Definite == nil || *r.Definite {
		t.Errorf("a write that no majority acknowledges: %v, %v", r, err)
	}
}
