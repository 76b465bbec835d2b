package inprocess_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/inprocess"
	"github.com/splitvote/splitvote/history"
)

// replica is a member of a replicated register: every call asks a majority for the latest version,
// and then tells a majority (Attiya, Bar-Noy, Dolev 1995). Nobody leads. It keeps what it is told
// in a file.
type replica struct {
	inprocess.Member
	work  sync.WaitGroup
	end   context.CancelFunc
	mu    sync.Mutex
	keep  bool
	value map[string]version
	peers map[string]*peer
	conns map[net.Conn]struct{}
}

// version is a value with its place in the order of writes.
type version struct {
	N, By int
	Value int
}

func (v version) after(o version) bool {
	return cmp.Or(cmp.Compare(v.N, o.N), cmp.Compare(v.By, o.By)) > 0
}

// note is a line between replicas: a question if Tell is nil.
type note struct {
	Key  string
	Tell *version `json:",omitempty"`
}

func open(m inprocess.Member, keep bool) (*replica, error) {
	r := &replica{
		Member: m, keep: keep, value: map[string]version{}, peers: map[string]*peer{}, conns: map[net.Conn]struct{}{},
	}
	if text, err := os.ReadFile(r.file()); err == nil {
		if err := json.Unmarshal(text, &r.value); err != nil {
			return nil, err
		}
	}
	ctx, end := context.WithCancel(m.Context())
	r.end = end
	for _, id := range m.Peers() {
		p := &peer{asks: make(chan ask, 64)}
		r.peers[id] = p
		r.work.Go(func() { p.run(ctx, m, id) })
	}
	r.work.Go(r.serve)
	return r, nil
}

func (r *replica) file() string { return filepath.Join(r.Dir, "values") }

func (r *replica) Close() error {
	r.end()
	r.Listener.Close()
	r.mu.Lock()
	for c := range r.conns {
		c.Close()
	}
	r.mu.Unlock()
	r.work.Wait()
	return nil
}

func (r *replica) serve() {
	for {
		c, err := r.Listener.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.conns[c] = struct{}{}
		r.mu.Unlock()
		r.work.Go(func() {
			defer c.Close()
			in, out := json.NewDecoder(bufio.NewReader(c)), json.NewEncoder(c)
			for {
				var n note
				if in.Decode(&n) != nil || out.Encode(r.local(n)) != nil {
					return
				}
			}
		})
	}
}

// local answers a note.
func (r *replica) local(n note) version {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n.Tell != nil && n.Tell.after(r.value[n.Key]) {
		r.value[n.Key] = *n.Tell
		if r.keep {
			text, _ := json.Marshal(r.value)
			os.WriteFile(r.file()+".new", text, 0o644)
			os.Rename(r.file()+".new", r.file())
		}
	}
	return r.value[n.Key]
}

// most asks all and returns the latest that a majority has answered.
func (r *replica) most(ctx context.Context, n note) (latest version, err error) {
	answers := make(chan version, len(r.peers))
	for _, p := range r.peers {
		select {
		case p.asks <- ask{n, answers}:
		default: // it is cut off
		}
	}
	latest = r.local(n)
	for range len(r.Members) / 2 {
		select {
		case v := <-answers:
			if v.after(latest) {
				latest = v
			}
		case <-ctx.Done():
			return latest, ctx.Err()
		case <-r.Context().Done():
			return latest, r.Context().Err()
		}
	}
	return latest, nil
}

func (r *replica) get(ctx context.Context, key string) (int, error) {
	v, err := r.most(ctx, note{Key: key})
	if err == nil {
		_, err = r.most(ctx, note{key, &v})
	}
	return v.Value, err
}

func (r *replica) put(ctx context.Context, key string, value int) error {
	v, err := r.most(ctx, note{Key: key})
	if err == nil {
		by, _ := strconv.Atoi(r.ID[1:])
		// Two writes of one member at a time must differ: values do.
		_, err = r.most(ctx, note{key, &version{v.N + 1, by<<20 + value, value}})
	}
	return err
}

// peer is the connection to another member.
type peer struct{ asks chan ask }

type ask struct {
	note
	answer chan version
}

// run sends asks one after the other, and dials again where a connection fails or does not answer.
func (p *peer) run(ctx context.Context, m inprocess.Member, id string) {
	for ctx.Err() == nil {
		soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		c, err := m.Dial(soon, id)
		cancel()
		if err != nil {
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		stop := context.AfterFunc(ctx, func() { c.Close() })
		p.talk(ctx, c)
		stop()
		c.Close()
	}
}

func (p *peer) talk(ctx context.Context, c net.Conn) {
	in, out := json.NewDecoder(bufio.NewReader(c)), json.NewEncoder(c)
	for {
		select {
		case a := <-p.asks:
			c.SetDeadline(time.Now().Add(300 * time.Millisecond))
			var v version
			if out.Encode(a.note) != nil || in.Decode(&v) != nil {
				return
			}
			a.answer <- v
		case <-ctx.Done():
			return
		}
	}
}

// caller makes calls of a replica directly.
type caller struct{ r *replica }

func (c caller) Close() error { return nil }

func (c caller) Invoke(ctx context.Context, op history.Op) cluster.Answer {
	op.Kind = history.Ok
	var err error
	if op.F == "read" {
		var v int
		if v, err = c.r.get(ctx, op.Key); v != 0 {
			op.Value = json.RawMessage(strconv.Itoa(v))
		}
	} else {
		v, _ := strconv.Atoi(string(op.Value))
		err = c.r.put(ctx, op.Key, v)
	}
	if err != nil {
		op.Kind, op.Err = history.Info, err.Error()
	}
	return cluster.Answer{Op: op}
}
