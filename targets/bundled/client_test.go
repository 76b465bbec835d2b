package bundled_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var call = history.Op{Index: 41, Kind: history.Invoke, Process: 3, F: "cas", Key: "a/b", Value: []byte("[1,2]"),
	Node: "n1"}

// ask makes one attempt at call, of the node at addr.
func ask(t *testing.T, ctx context.Context, addr string, op history.Op) cluster.Answer {
	t.Helper()
	client, err := target.Dial(ctx, addr, cluster.Session{Process: 3, Object: "cas-register", Run: "r7"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}()
	return client.Invoke(ctx, op)
}

func node(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestRequestLine(t *testing.T) {
	var seen []string
	addr := node(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, r.Method+" "+r.URL.EscapedPath()+" "+r.Header.Get("Splitvote-Run")+" "+
			r.Header.Get("Splitvote-Session")+"#"+r.Header.Get("Splitvote-Seq")+" "+string(body))
		io.WriteString(w, `{"value":null,"node":"n1"}`)
	})
	ask(t, t.Context(), addr, call)
	ask(t, t.Context(), addr, history.Op{F: "generate", Value: []byte("null")})
	want := []string{
		"POST /v1/cas-register/a%2Fb/cas r7 r7/3#42 [1,2]",
		"POST /v1/cas-register/-/generate r7 r7/3#1 null",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		code   int
		body   string
		kind   history.Kind
		value  string
		err    string
		again  bool
		leader history.NodeID
	}{
		{200, `{"value":[1,2],"node":"n1"}`, history.Ok, "[1,2]", "", false, ""},
		{200, `{"value":null}`, history.Ok, "null", "", false, ""},
		{400, `{"error":"no such call","definite":true}`, history.Fail, "[1,2]", "no such call", false, ""},
		{409, `{"error":"cas mismatch","definite":true}`, history.Fail, "[1,2]", "cas mismatch", false, ""},
		{409, `{"error":"gone past","definite":false}`, history.Info, "[1,2]", "gone past", false, ""},
		{421, `{"error":"of another run","definite":true}`, history.Fail, "[1,2]", "of another run", true, ""},
		{503, `{"error":"not the leader","definite":true,"leader":"n2"}`, history.Fail, "[1,2]", "not the leader", true,
			"n2"},
		{504, `{"error":"outcome unknown","definite":false}`, history.Info, "[1,2]", "outcome unknown", true, ""},
		{503, `{"error":"not the leader"}`, history.Info, "[1,2]", "status 503 is no answer of the client API",
			true, ""},
		{404, `{"error":"what?","definite":true}`, history.Info, "[1,2]", "status 404 is no answer of the client API",
			true, ""},
		{200, `{}`, history.Info, "[1,2]", "status 200 is no answer of the client API", true, ""},
		{
			502, `bad gateway`, history.Info, "[1,2]",
			"status 502, and the answer is not JSON: invalid character 'b' looking for beginning of value", true, "",
		},
	} {
		addr := node(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.code)
			io.WriteString(w, test.body)
		})
		want := cluster.Answer{Op: call, Again: test.again, Leader: test.leader}
		want.Op.Kind, want.Op.Value, want.Op.Err = test.kind, []byte(test.value), test.err
		if diff := cmp.Diff(want, ask(t, t.Context(), addr, call)); diff != "" {
			t.Errorf("status %d with %s (-want +got):\n%s", test.code, test.body, diff)
		}
	}
}

// What one node has told a process, the next node hears of.
func TestWhatAProcessHasSeen(t *testing.T) {
	position := "7"
	var heard []string
	h := func(w http.ResponseWriter, r *http.Request) {
		heard = append(heard, r.Header.Get("Splitvote-Seen"))
		w.Header().Set("Splitvote-Position", position)
		io.WriteString(w, `{"value":null}`)
	}
	session := cluster.Session{Process: 3, Object: "register", Run: "r7", Seen: new(uint64)}
	var clients []cluster.Client
	for range 2 {
		client, err := target.Dial(t.Context(), node(t, h), session)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		clients = append(clients, client)
	}
	for i, told := range []string{"7", "3", "nonsense", "9", "9"} {
		position = told
		clients[i%2].Invoke(t.Context(), call)
	}
	if diff := cmp.Diff([]string{"", "7", "7", "7", "9"}, heard); diff != "" || *session.Seen != 9 {
		t.Errorf("nodes heard (and %d in the end; -want +got):\n%s", *session.Seen, diff)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	a := ask(t, t.Context(), addr, call)
	if a.Op.Kind != history.Fail || !a.Again || !strings.Contains(a.Op.Err, "connection refused") {
		t.Errorf("connection refused: %+v", a)
	}
}

func TestConnectionBreaks(t *testing.T) {
	for name, before := range map[string]string{"before the answer": "", "within the answer": `{"value":`} {
		addr := node(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, before)
			panic(http.ErrAbortHandler)
		})
		a := ask(t, t.Context(), addr, call)
		if a.Op.Kind != history.Info || !a.Again || !strings.Contains(a.Op.Err, "EOF") {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestNoAnswerInTime(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	addr := node(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then does the server notice that the client has gone
		cancel(errors.New("time is up"))
		<-r.Context().Done()
	})
	a := ask(t, ctx, addr, call)
	if a.Op.Kind != history.Info || !a.Again {
		t.Errorf("no answer in time: %+v", a)
	}
	if a := ask(t, ctx, addr, call); a.Op.Kind != history.Fail || !a.Again {
		t.Errorf("no time even to connect: %+v", a)
	}
}

func TestStatus(t *testing.T) {
	addr := node(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/status" {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, `{"id":"n1","role":"leader","term":3,"commit":7,"applied":6,"last":9,"leader":"n1"}`)
	})
	got, err := target.Status(t.Context(), addr)
	want := cluster.Status{Up: true, Role: "leader", Leader: "n1", Term: 3, Commit: 7, Applied: 6}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("status (%v; -want +got):\n%s", err, diff)
	}
	broken := node(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	if s, err := target.Status(t.Context(), broken); err == nil || s.Up {
		t.Errorf("a node that answers 418: %+v, %v", s, err)
	}
}

func TestSetClock(t *testing.T) {
	var asked string
	body := `{"value":{"offset":"-1.5s","drift":7},"node":"n1"}`
	addr := node(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path
		io.WriteString(w, body)
	})
	was, err := target.SetClock(t.Context(), addr, cluster.Clock{Offset: 3 * time.Second, Drift: -200})
	if want := (cluster.Clock{Offset: -1500 * time.Millisecond, Drift: 7}); was != want || err != nil {
		t.Errorf("it was %+v, %v; want %+v", was, err, want)
	}
	if want := "POST /clock/3s/-200"; asked != want {
		t.Errorf("it asked %s, want %s", asked, want)
	}
	refuses := node(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"no","definite":true}`)
	})
	if _, err := target.SetClock(t.Context(), refuses, cluster.Clock{}); err == nil || err.Error() != "status 400: no" {
		t.Errorf("a refusal is %v", err)
	}
}
