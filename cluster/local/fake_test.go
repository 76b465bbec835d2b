package local_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/node/frame"
)

// The test's own binary is also the node of the fake target, and a harness to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "fake-node":
			fakeNode(os.Args[2])
		case "fake-harness":
			fakeHarness(os.Args[2:])
		}
	}
	goleak.VerifyTestMain(m)
}

// fake is a target whose nodes say to each other that they are there, and keep a value each.
type fake struct{ mode string }

func (fake) Name() string      { return "fake" }
func (fake) Objects() []string { return []string{"register"} }

func (f fake) Launch(m cluster.Member) cluster.Launch {
	if f.mode == "image" {
		return cluster.Launch{Image: "fake:1"}
	}
	member, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	switch f.mode {
	case "impossible":
		return cluster.Launch{Err: errors.New("line 3: no such field")}
	case "own":
		return cluster.Launch{Image: "fake:1", OnePort: true,
			Local: &cluster.Command{Argv: []string{os.Args[0], "fake-node", string(member)},
				Env: []string{"FAKE_MODE=own"}, Dir: "/"}}
	}
	return cluster.Launch{Argv: []string{"fake-node", string(member)}, Env: []string{"FAKE_MODE=" + f.mode},
		Ready: "/ready"}
}

func (fake) Dial(_ context.Context, addr string, _ cluster.Session) (cluster.Client, error) {
	return fakeClient{addr}, nil
}

func (fake) Status(ctx context.Context, addr string) (cluster.Status, error) {
	_, err := ask(ctx, addr, "/ready")
	return cluster.Status{Up: err == nil}, err
}

type fakeClient struct{ addr string }

// Invoke asks for what F says: value, pid, or from whom the node has heard.
func (c fakeClient) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	text, err := ask(ctx, c.addr, "/"+op.F)
	if err != nil {
		op.Kind, op.Err = history.Info, err.Error()
		return cluster.Answer{Op: op, Again: true}
	}
	op.Kind, op.Value = history.Ok, json.RawMessage(text)
	return cluster.Answer{Op: op}
}

func (fakeClient) Close() error { return nil }

func ask(ctx context.Context, addr, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return "", err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return "", errors.New(response.Status)
	}
	return string(text), err
}

// fakeNode is what a child process runs. The value that it keeps is how often it was started.
func fakeNode(text string) {
	log.SetFlags(0)
	var m cluster.Member
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		log.Fatal(err)
	}
	mode, of, _ := strings.Cut(os.Getenv("FAKE_MODE"), " ")
	if of != "" && of != string(m.ID) {
		mode = ""
	}
	if mode == "exit" {
		log.Print("about to fail")
		log.Fatal("no such luck")
	}
	name := filepath.Join(m.Data, "starts")
	starts, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		log.Fatal(err)
	}
	starts = append(starts, '1')
	if err := os.WriteFile(name, starts, 0o644); err != nil {
		log.Fatal(err)
	}
	if mode == "again" && len(starts) > 1 {
		log.Print("not again")
		os.Exit(3)
	}
	if mode == "deaf" {
		signal.Ignore(syscall.SIGTERM)
	}
	var h hearing
	if m.Peer != m.Client {
		peers, err := net.Listen("tcp", m.Peer)
		if err != nil {
			log.Fatal(err)
		}
		go h.listen(peers)
	}
	clients, err := net.Listen("tcp", m.Client)
	if err != nil {
		log.Fatal(err)
	}
	for _, addr := range m.Peers {
		go speak(string(m.ID), addr)
	}
	log.Printf("%s serves", m.ID)
	log.Fatal(http.Serve(clients, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case mode == "never" || mode == "once" && len(starts) > 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/starts":
			fmt.Fprint(w, len(starts))
		case r.URL.Path == "/place":
			dir, _ := os.Getwd()
			fmt.Fprintf(w, "%q", fmt.Sprint(dir, " ", m.Peer == m.Client, " ", m.Address == m.Peer))
		case r.URL.Path == "/pid":
			fmt.Fprint(w, os.Getpid())
		case r.URL.Path == "/die":
			log.Fatal("told to die")
		case r.URL.Path == "/heard":
			fmt.Fprint(w, h.since())
		}
	})))
}

// hearing is from whom a node has heard.
type hearing struct {
	mu   sync.Mutex
	from []string
}

func (h *hearing) listen(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer c.Close()
			r := bufio.NewReader(c)
			name, err := frame.Read(r)
			for err == nil {
				if _, err = frame.Read(r); err == nil {
					h.mu.Lock()
					if !slices.Contains(h.from, string(name)) {
						h.from = append(h.from, string(name))
					}
					h.mu.Unlock()
				}
			}
		}()
	}
}

// since lists who was heard since the last time, as JSON.
func (h *hearing) since() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.Sort(h.from)
	text, err := json.Marshal(h.from)
	if err != nil {
		log.Fatal(err)
	}
	h.from = nil
	return string(text)
}

// speak says hello to a peer, and then something again and again; and begins anew when the
// connection ends.
func speak(name, addr string) {
	tick := time.NewTicker(2 * time.Millisecond)
	for {
		if c, err := net.Dial("tcp", addr); err == nil {
			for err := frame.Write(c, []byte(name)); err == nil; err = frame.Write(c, []byte("here")) {
				<-tick.C
			}
			c.Close()
		}
		<-tick.C
	}
}
