package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

const (
	largestBody  = 1 << 20          // bytes of an argument
	replyTimeout = 10 * time.Second // longest wait of a request for its reply
	farewell     = 2 * time.Second  // how long the last answers can take to leave when the node ends
)

// answer is the body of every answer except that of /status.
type answer struct {
	Value    json.RawMessage `json:"value,omitempty"`
	Error    string          `json:"error,omitempty"`
	Definite *bool           `json:"definite,omitempty"` // of an error
	Leader   protocol.NodeID `json:"leader,omitempty"`
	Node     protocol.NodeID `json:"node"`
}

// api serves clients.
type api struct {
	config *Config
	host   *host
	gate   *gate
	ctx    context.Context // of the node
}

// serve serves clients until ctx is done.
func serve(ctx context.Context, c *Config, g *gate, h *host) error {
	a := api{config: c, host: h, gate: g, ctx: ctx}
	server := http.Server{
		Handler: a.clients(a.routes()), ReadHeaderTimeout: replyTimeout,
		ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		last, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		if server.Shutdown(last) != nil {
			server.Close()
		}
	})
	err := server.Serve(c.Client)
	if stop() {
		return fmt.Errorf("node: serving clients: %w", err)
	}
	<-done
	return nil
}

func (a api) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/{object}/{key}/{f}", a.call)
	mux.HandleFunc("POST /transfer/{to}", a.transfer)
	mux.HandleFunc("POST /members/{change}/{id}", a.reconfigure)
	mux.HandleFunc("POST /clock/{offset}/{drift}", a.setClock)
	mux.HandleFunc("GET /status", a.status)
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { a.ok(w, []byte("true")) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		const instead = "see POST /v1/{object}/{key}/{f}, /status, /ready"
		a.no(w, http.StatusNotFound, true, fmt.Sprintf("no %s %s here: %s", r.Method, r.URL.Path, instead))
	})
	return mux
}

// call is a client's call of an object.
func (a api) call(w http.ResponseWriter, r *http.Request) {
	c, code, err := command(w, r)
	if err != nil {
		a.no(w, code, true, err.Error())
		return
	}
	readOnly := c.ReadOnly()
	seen, err := seen(r)
	if err != nil {
		a.no(w, http.StatusBadRequest, true, err.Error())
		return
	}
	reply, ok := a.ask(r, func(id uint64) protocol.Input {
		return protocol.Propose{ID: id, Command: c.Encode(), ReadOnly: readOnly, Seen: seen}
	})
	if reply.Position > 0 {
		w.Header().Set("Splitvote-Position", strconv.FormatUint(reply.Position, 10))
	}
	if !ok || reply.Outcome != protocol.Done {
		a.undone(w, reply, ok)
		return
	}
	result, err := kv.DecodeResult(reply.Result)
	switch {
	case err != nil:
		a.no(w, http.StatusGatewayTimeout, false, err.Error())
	case !result.OK:
		a.no(w, http.StatusConflict, !result.Superseded, result.Err)
	case len(result.Value) == 0:
		a.ok(w, c.Value)
	default:
		a.ok(w, result.Value)
	}
}

// command parses a call from a request. On failure, code is the HTTP status.
func command(w http.ResponseWriter, r *http.Request) (c kv.Command, code int, err error) {
	c = kv.Command{
		Object: r.PathValue("object"), Key: r.PathValue("key"), F: r.PathValue("f"),
		Session: r.Header.Get("Splitvote-Session"),
	}
	if c.Key == "-" {
		c.Key = ""
	}
	if err := kv.Check(c.Object, c.F); err != nil {
		return c, http.StatusBadRequest, err
	}
	switch {
	case r.Method == http.MethodPost:
	case r.Method != http.MethodGet:
		return c, http.StatusMethodNotAllowed, errors.New("want POST or GET")
	case !kv.ReadOnly(c.Object, c.F):
		return c, http.StatusMethodNotAllowed, fmt.Errorf("%s changes the object: want POST", c.F)
	}
	if seq := r.Header.Get("Splitvote-Seq"); seq != "" || c.Session != "" {
		if c.Seq, err = strconv.ParseUint(seq, 10, 64); err != nil || c.Session == "" {
			return c, http.StatusBadRequest,
				errors.New("want both Splitvote-Session and Splitvote-Seq, a whole number, or neither")
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	if err != nil {
		return c, http.StatusBadRequest, err
	}
	c.Value, err = kv.Compact(body)
	return c, http.StatusBadRequest, err
}

// seen returns the greatest position that the client was told, 0 if none.
func seen(r *http.Request) (uint64, error) {
	text := r.Header.Get("Splitvote-Seen")
	if text == "" {
		return 0, nil
	}
	position, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, errors.New("want Splitvote-Seen to be a whole number")
	}
	return position, nil
}

func (a api) transfer(w http.ResponseWriter, r *http.Request) {
	to := protocol.NodeID(r.PathValue("to"))
	a.admin(w, r, func(id uint64) protocol.Input { return protocol.Transfer{ID: id, To: to} })
}

func (a api) reconfigure(w http.ResponseWriter, r *http.Request) {
	node := protocol.NodeID(r.PathValue("id"))
	var change protocol.Reconfigure
	switch r.PathValue("change") {
	case "add":
		if _, known := a.config.Peers[node]; !known && node != a.config.ID {
			a.no(w, http.StatusBadRequest, true, fmt.Sprintf("%s has no address among the peers of %s", node,
				a.config.ID))
			return
		}
		change.Add = node
	case "remove":
		change.Remove = node
	default:
		a.no(w, http.StatusNotFound, true, "want /members/add/{id} or /members/remove/{id}")
		return
	}
	a.admin(w, r, func(id uint64) protocol.Input {
		change.ID = id
		return change
	})
}

// admin carries out requests that return no value.
func (a api) admin(w http.ResponseWriter, r *http.Request, input request) {
	reply, ok := a.ask(r, input)
	if !ok || reply.Outcome != protocol.Done {
		a.undone(w, reply, ok)
		return
	}
	a.ok(w, []byte("null"))
}

// ask waits for a reply until the client leaves, the node ends, or the wait times out.
func (a api) ask(r *http.Request, input request) (protocol.Reply, bool) {
	ctx, cancel := context.WithTimeout(r.Context(), replyTimeout)
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	return a.host.desk.ask(ctx, a.host.input, input)
}

// undone answers a request that was not, or perhaps not, carried out.
func (a api) undone(w http.ResponseWriter, r protocol.Reply, replied bool) {
	code, definite := http.StatusGatewayTimeout, false
	switch {
	case !replied:
		r.Reason = "no reply yet: outcome unknown"
	case r.Outcome == protocol.Rejected:
		code, definite = http.StatusServiceUnavailable, true
	}
	a.write(w, code, answer{Error: r.Reason, Definite: &definite, Leader: r.Leader, Node: a.config.ID})
}

// report is the body of /status.
type report struct {
	ID       protocol.NodeID   `json:"id"`
	Protocol string            `json:"protocol"`
	Role     string            `json:"role"`
	Term     uint64            `json:"term"`
	Leader   protocol.NodeID   `json:"leader"`
	Commit   uint64            `json:"commit"`
	Applied  uint64            `json:"applied"`
	Last     uint64            `json:"last"`
	Members  []protocol.NodeID `json:"members"`
	Bug      string            `json:"bug,omitempty"`
}

func (a api) status(w http.ResponseWriter, _ *http.Request) {
	s := a.host.status.Load()
	a.write(w, http.StatusOK, report{
		a.config.ID, a.config.Protocol.Name, s.Role, s.Term, s.Leader, s.Commit, s.Applied, s.Last, s.Members,
		a.config.Bug,
	})
}

func (a api) ok(w http.ResponseWriter, value []byte) {
	a.write(w, http.StatusOK, answer{Value: value, Node: a.config.ID})
}

func (a api) no(w http.ResponseWriter, code int, definite bool, why string) {
	a.write(w, code, answer{Error: why, Definite: &definite, Node: a.config.ID})
}

// write sends body as JSON without escaping: an escaped < would be a different value to a client
// that
// compares bytes.
func (a api) write(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	to := json.NewEncoder(w)
	to.SetEscapeHTML(false)
	if err := to.Encode(body); err != nil {
		a.config.Log.Debug("an answer did not leave", "why", err)
	}
}
