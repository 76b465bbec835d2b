package service_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/service"
)

// served starts a server that answers every request alike, and notes what it was asked.
func served(t *testing.T, status int, body string) (addr string, asked *string) {
	t.Helper()
	asked = new(string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said, _ := io.ReadAll(r.Body)
		*asked = strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), said))
		if h := r.Header.Get("Idempotency-Key"); h != "" {
			*asked += " once " + h
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), asked
}

// invoke makes one call of a service.
func invoke(t *testing.T, s *service.Service, addr string, limit time.Duration, op history.Op) cluster.Answer {
	t.Helper()
	c, err := s.Dial(t.Context(), addr, cluster.Session{Process: 4, Object: "register", Run: "run"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return c.Invoke(ctx, op)
}

// told is an answer as tests write it: ok 3, fail why, fail elsewhere why, info why.
func told(a cluster.Answer) string {
	switch {
	case a.Op.Kind == history.Ok:
		return "ok " + string(a.Op.Value)
	case a.Again:
		return a.Op.Kind.String() + " elsewhere " + a.Op.Err
	}
	return a.Op.Kind.String() + " " + a.Op.Err
}

const store = `
ready: /health
answers: {none: [404], fail: [409], elsewhere: [421], mismatch: [412]}
objects:
  register:
    read:  {get: "/kv/{{path .Key}}"}
    write: {put: "/kv/{{.Key}}", body: '{"value": {{json .Value}}}', header: {Idempotency-Key: "{{.Run}}-{{.Process}}-{{.Index}}"}}
    cas:
      post: /cas
      body: '{{.Key}} {{index .Value 0}} {{index .Value 1}}'
      value: '{{if .JSON.was}}{{.JSON.was}}{{else}}{{json .Value}}{{end}}'
      fail: '{{if .JSON.other}}it is {{.JSON.other}}{{end}}'
    delete: {delete: "/kv/{{.Key}}", answers: {ok: [404]}}
    add: {post: /add, body: "{{json .Value}}"}
    dequeue: {post: /take}
    try_acquire: {post: /lock}
    broken: {post: "/{{index .Value 5}}"}
`

// What a request looks like, and what is made of its answer (S1).
func TestCallsByHTTP(t *testing.T) {
	s := mustLoad(t, store)
	read, write := history.Op{F: "read", Key: "a b"},
		history.Op{F: "write", Key: "k", Value: json.RawMessage("7"), Index: 12, Process: 4}
	cas := history.Op{F: "cas", Key: "k", Value: json.RawMessage(`[null,"x"]`)}
	for name, test := range map[string]struct {
		op     history.Op
		status int
		body   string
		asked  string
		want   string
	}{
		"a get returns its body": {read, 200, " 5\n", "GET /kv/a%20b", "ok 5"},
		"a body that is no JSON": {read, 200, "five", "GET /kv/a%20b",
			`info the returned value is not JSON: "five"`},
		"an empty body is null":       {read, 200, "", "GET /kv/a%20b", "ok null"},
		"a status that means null":    {read, 404, "no such key", "GET /kv/a%20b", "ok null"},
		"a put returns what it wrote": {write, 204, "", `PUT /kv/k {"value": 7} once run-4-12`, "ok 7"},
		"a status that means fail": {write, 409, "busy\nhere", `PUT /kv/k {"value": 7} once run-4-12`,
			"fail status 409: busy here"},
		"a status that means elsewhere": {write, 421, "ask n1", `PUT /kv/k {"value": 7} once run-4-12`,
			"fail elsewhere status 421: ask n1"},
		"any other status is unknown": {write, 503, "", `PUT /kv/k {"value": 7} once run-4-12`,
			"info status 503: "},
		"a redirection is not followed": {write, 307, "", `PUT /kv/k {"value": 7} once run-4-12`,
			"info status 307: "},
		"null is written null": {cas, 200, `{}`, `POST /cas k null "x"`, `ok [null,"x"]`},
		"texts of an argument have quotes": {cas, 200, `{"was": ["x", null]}`, `POST /cas k null "x"`,
			`ok ["x",null]`},
		"a success that is none": {cas, 200, `{"other": "3"}`, `POST /cas k null "x"`, "fail it is 3"},
		"numbers as they stand": {cas, 200, `{"was": 12345678901234567890}`, `POST /cas k null "x"`,
			"ok 12345678901234567890"},
		"a call's answers are its own": {history.Op{F: "delete", Key: "k"}, 404, "", "DELETE /kv/k", "ok null"},
		"and the file's do not add to them": {history.Op{F: "delete", Key: "k"}, 409, "", "DELETE /kv/k",
			"info status 409: "},
		"a cas that found another value": {cas, 412, "no", `POST /cas k null "x"`, `ok [null,"x",false]`},
		"an element that was there": {history.Op{F: "add", Value: json.RawMessage("[1,2]")}, 412, "",
			"POST /add [1,2]", "ok [[1,2],false]"},
		"a queue that was empty":     {history.Op{F: "dequeue"}, 412, "", "POST /take", "ok null"},
		"a lock that was held":       {history.Op{F: "try_acquire"}, 412, "", "POST /lock", "ok false"},
		"a call without a condition": {write, 412, "", `PUT /kv/k {"value": 7} once run-4-12`, "info status 412: "},
		"a call that there is not":   {history.Op{F: "pop"}, 200, "", "", "fail register has no call pop"},
		"a request that cannot be made": {history.Op{F: "broken"}, 200, "", "",
			"fail line 17: in {{index .Value 5}}: "},
	} {
		t.Run(name, func(t *testing.T) {
			addr, asked := served(t, test.status, test.body)
			got := told(invoke(t, s, addr, time.Minute, test.op))
			if *asked != test.asked || !strings.HasPrefix(got, test.want) {
				t.Errorf("asked %q, told %q, want %q and %q", *asked, got, test.asked, test.want)
			}
		})
	}
}

// S2: a call that certainly did not leave may be made elsewhere; one that may have had an effect is
// not repeated.
func TestCallsWithoutAnswer(t *testing.T) {
	s := mustLoad(t, store)
	write := history.Op{F: "write", Key: "k", Value: json.RawMessage("7")}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if got := told(invoke(t, s, closed.Addr().String(), time.Minute, write)); !strings.HasPrefix(got,
		"fail elsewhere dial tcp ") {
		t.Errorf("nobody listens: %s", got)
	}

	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	if got := told(invoke(t, s, slow.Listener.Addr().String(), 20*time.Millisecond,
		write)); got != "info context deadline exceeded" {
		t.Errorf("nobody answers: %s", got)
	}

	rude := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			c.Close()
		}
	}))
	defer rude.Close()
	if got := told(invoke(t, s, rude.Listener.Addr().String(), time.Minute, write)); got != "info EOF" {
		t.Errorf("the connection ends: %s", got)
	}
}

// S1: what an answer does not say for certain is not made up. A store that dies between the head
// and the body of an answer, or within a number, has told nothing.
func TestAnswersThatMayBeCutOff(t *testing.T) {
	s := mustLoad(t, store)
	read, write, cas := history.Op{F: "read"}, history.Op{F: "write", Value: json.RawMessage("7")},
		history.Op{F: "cas", Value: json.RawMessage("[1,2]")}
	const open, length = "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%[2]s"
	for name, test := range map[string]struct {
		op     history.Op
		answer string
		want   string
	}{
		"a number": {read, open + "12",
			"info the answer has no Content-Length, so its body may be truncated: status 200: 12"},
		"a number and the end of its line": {read, open + "12\n", "ok 12"},
		"nothing": {read, open,
			"info the answer has no Content-Length, so its body may be truncated: status 200: "},
		"an object is complete": {read, open + `{"a":1}`, `ok {"a":1}`},
		"half an object": {read, open + `{"a":`,
			`info the answer has no Content-Length, so its body may be truncated: status 200: {"a":`},
		"null":                    {read, open + "null", "ok null"},
		"a body that is not used": {write, open + "1", "ok 7"},
		"a body that is used": {cas, open,
			"info the answer has no Content-Length, so its body may be truncated: status 200: "},
		"shorter than it says":               {read, fmt.Sprintf(length, 3, "12"), "info unexpected EOF"},
		"and for a body that is not used":    {write, fmt.Sprintf(length, 3, "12"), "info unexpected EOF"},
		"one value and the beginning of one": {cas, fmt.Sprintf(length, 15, `{"was":1}{"oth"`), "info line "},
		"a refusal, and where is cut off":    {write, "HTTP/1.0 409 Conflict\r\n\r\n", "fail status 409: "},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
					io.WriteString(c, test.answer)
					c.Close()
				}
			}))
			defer server.Close()
			got := told(invoke(t, s, server.Listener.Addr().String(), time.Minute, test.op))
			if exact := !strings.HasSuffix(test.want, "line "); exact && got != test.want ||
				!strings.HasPrefix(got, test.want) {
				t.Errorf("told %s, want %s", got, test.want)
			}
		})
	}
}

// S2: a store that carries a write out, dies, and refuses the repetition, would make a write that
// took effect a failed one. Neither a key that says that a repetition is harmless nor a method
// does; nobody is asked twice.
func TestWritesAreNotRepeated(t *testing.T) {
	s := mustLoad(t, store)
	var done atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch done.Add(1) {
		case 1:
			w.WriteHeader(http.StatusNoContent)
		case 2: // carried out, and gone
			io.Copy(io.Discard, r.Body)
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				c.Close()
			}
		default:
			w.WriteHeader(http.StatusConflict)
		}
	}))
	defer server.Close()
	c, err := s.Dial(t.Context(), server.Listener.Addr().String(),
		cluster.Session{Process: 4, Object: "register", Run: "run"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, want := range []string{"ok 7", "info EOF"} {
		if got := told(c.Invoke(t.Context(), history.Op{F: "write", Key: "k",
			Value: json.RawMessage("7")})); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	}
	if n := done.Load(); n != 2 {
		t.Errorf("%d requests arrived, want 2", n)
	}
}

func TestStatus(t *testing.T) {
	const role = `
status: {get: /status, role: "{{.JSON.role}}", leader: "{{.JSON.leader}}", term: "{{.JSON.term}}"}
objects: {register: {read: {get: /x}}}
`
	for name, test := range map[string]struct {
		file   string
		status int
		body   string
		want   cluster.Status
		err    string
	}{
		"ready":     {store, 200, "", cluster.Status{Up: true}, ""},
		"not ready": {store, 503, "", cluster.Status{}, "/health answers 503 Service Unavailable"},
		"a role": {role, 200, `{"role": "leader", "leader": "n2", "term": 7}`,
			cluster.Status{Up: true, Role: "leader", Leader: "n2", Term: 7}, ""},
		"no role to tell": {role, 500, ``, cluster.Status{}, "/status answers 500 Internal Server Error"},
	} {
		t.Run(name, func(t *testing.T) {
			addr, _ := served(t, test.status, test.body)
			got, err := mustLoad(t, test.file).Status(t.Context(), addr)
			if (err == nil) != (test.err == "") || err != nil && !strings.HasSuffix(err.Error(), test.err) {
				t.Fatalf("error %v, want …%s", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
