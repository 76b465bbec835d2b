package bundled

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/once"
)

// client asks one node for one process, over a connection of its own.
type client struct {
	base    string // http://host:port/v1/object/
	run     string
	session string
	seen    *uint64 // the greatest position that the process was told, by any node
	http    *once.Client
	limit   func(cluster.Answer) cluster.Answer // what the target has to say about asking again
}

func newClient(addr string, s cluster.Session, limit func(cluster.Answer) cluster.Answer) *client {
	if s.Seen == nil {
		s.Seen = new(uint64)
	}
	return &client{
		seen:    s.Seen,
		base:    "http://" + addr + "/v1/" + url.PathEscape(s.Object) + "/",
		run:     s.Run,
		session: sessionName(s),
		http:    once.New(),
		limit:   limit,
	}
}

// reply is the body of every answer of the client API; see package node.
type reply struct {
	Value    json.RawMessage `json:"value"`
	Node     history.NodeID  `json:"node"`
	Error    string          `json:"error"`
	Definite *bool           `json:"definite"` // of what is not OK
	Leader   history.NodeID  `json:"leader"`
}

// Invoke makes one attempt. The request's number within its session is that of the call in the
// history.
func (c *client) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	return c.limit(c.invoke(ctx, op))
}

func (c *client) invoke(ctx context.Context, op history.Op) cluster.Answer {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path(op), bytes.NewReader(op.Value))
	if err != nil {
		return malformed.answer(op, nil, err.Error())
	}
	request.Header.Set("Splitvote-Run", c.run)
	request.Header.Set("Splitvote-Session", c.session)
	request.Header.Set("Splitvote-Seq", strconv.Itoa(op.Index+1))
	if *c.seen > 0 {
		request.Header.Set("Splitvote-Seen", strconv.FormatUint(*c.seen, 10))
	}
	got, left, err := c.http.Do(request)
	if err != nil {
		return broken(err, left).answer(op, nil, err.Error())
	}
	if position, err := strconv.ParseUint(got.Header.Get("Splitvote-Position"), 10, 64); err == nil {
		*c.seen = max(*c.seen, position)
	}
	return read(op, got.Status, got.Body)
}

// path is where to find op's call. A key is never empty in a URL: - stands for none.
func path(op history.Op) string {
	key := "-"
	if op.Key != "" {
		key = url.PathEscape(op.Key)
	}
	return key + "/" + url.PathEscape(op.F)
}

// read makes an answer of an HTTP response.
func read(op history.Op, code int, body []byte) cluster.Answer {
	var r reply
	if err := json.Unmarshal(body, &r); err != nil {
		return unreadable.answer(op, nil, fmt.Sprintf("status %d, and the answer is not JSON: %v", code, err))
	}
	o, known := answered[status{code, code == http.StatusOK || r.Definite != nil && *r.Definite}]
	if !known || o == succeeded && len(r.Value) == 0 {
		return unreadable.answer(op, nil, fmt.Sprintf("status %d is no answer of the client API", code))
	}
	a := observed(op, o.answer(op, r.Value, r.Error))
	a.Leader = r.Leader
	if r.Node != "" {
		a.Op.Node = r.Node
	}
	return a
}

// Close lets go of the connection.
func (c *client) Close() error {
	c.http.Close()
	return nil
}

func askStatus(ctx context.Context, addr string) (cluster.Status, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/status", nil)
	if err != nil {
		return cluster.Status{}, err
	}
	got, err := once.Ask(request)
	if err != nil {
		return cluster.Status{}, err
	}
	var s cluster.Status
	if err := json.Unmarshal(got.Body, &s); err != nil {
		return cluster.Status{}, fmt.Errorf("status of %s: %w", addr, err)
	}
	s.Up = true
	return s, nil
}
