package service

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/targets/once"
)

// Service is the target that a file describes.
type Service struct {
	file file
	dir  string // of the file
	base string // the file's name in it
	text []byte // of the file

	mu     sync.Mutex
	probes map[string]*probe // by address
}

// probe asks a member whether it serves, through a program that is kept between questions.
type probe struct {
	mu sync.Mutex
	*program
}

var _ cluster.Target = (*Service)(nil)

// Name returns the name of the file, or the one that it gives.
func (s *Service) Name() string { return s.file.Name }

// Objects returns the objects whose calls the file describes.
func (s *Service) Objects() []string { return slices.Sorted(maps.Keys(s.file.Objects)) }

// Calls returns the calls of an object, by their names in histories.
func (s *Service) Calls(object string) []string {
	return slices.Sorted(maps.Keys(s.file.Objects[object]))
}

// Members returns the names of the members, if the file gives them.
func (s *Service) Members() []history.NodeID {
	var ids []history.NodeID
	for _, m := range s.file.Members {
		ids = append(ids, history.NodeID(m))
	}
	return ids
}

// Port returns the clients' port inside a container; 0 if the file gives none.
func (s *Service) Port() uint16 { return s.file.Port }

// Promise returns the consistency level that the file gives; "" is the strongest.
func (s *Service) Promise() string { return s.file.Promises }

// Settle returns how long after the last fault members may still answer differently.
func (s *Service) Settle() time.Duration { return time.Duration(s.file.Settle) }

// Backends returns the backends on which the file can start a member.
func (s *Service) Backends() []string {
	var names []string
	if s.file.Docker != nil {
		names = append(names, "docker")
	}
	if s.file.Local != nil {
		names = append(names, "local")
	}
	return names
}

// TellsRole reports whether members can be asked for their roles.
func (s *Service) TellsRole() bool { return s.file.Status != nil }

// member is the data for the templates of commands.
type member struct {
	ID      string
	Index   int // from 0
	Members members
	Peer    string    // host:port on which to listen for peers
	Client  string    // host:port on which to listen for clients
	Address string    // host:port at which the other members reach it, without a proxy in between
	Peers   addresses // host:port at which to dial each other member
	All     addresses // the same, and its own
	Data    string    // directory that survives a kill
	Run     string
	Seed    uint64
}

// members are names. {{join .Members ","}} is n1,n2,n3.
type members []string

func (m members) join(between string, _ ...string) string { return strings.Join(m, between) }

// addresses are by name. {{join .Peers ","}} is addr,addr; {{join .Peers "," "="}} is
// name=addr,name=addr.
type addresses map[string]string

func (a addresses) join(between string, pair ...string) string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(a)) {
		if len(pair) > 0 {
			all = append(all, id+pair[0]+a[id])
		} else {
			all = append(all, a[id])
		}
	}
	return strings.Join(all, between)
}

// Launch makes commands from the file's templates. Members use protocols of their own, so links
// carry streams.
func (s *Service) Launch(m cluster.Member) cluster.Launch {
	data := member{ID: string(m.ID), Index: slices.Index(m.Members, m.ID), Peer: m.Peer, Client: m.Client,
		Address: m.Address, Peers: addresses{}, All: addresses{string(m.ID): m.Address}, Data: m.Data, Run: m.Run,
		Seed: m.Seed}
	for _, id := range m.Members {
		data.Members = append(data.Members, string(id))
	}
	for id, addr := range m.Peers {
		data.Peers[string(id)], data.All[string(id)] = addr, addr
	}
	l := cluster.Launch{Ready: s.file.Ready.Path, Within: time.Duration(s.file.Ready.Within), Stream: true,
		Port: s.file.Port, OnePort: s.file.OnePort}
	if p := s.file.Local; p != nil {
		l.Local = &cluster.Command{Dir: s.dir}
		l.Local.Argv, l.Local.Env, l.Err = commandOf(p.Command, p.Env, data)
		if l.Err == nil {
			l.Local.Argv[0] = s.beside(l.Local.Argv[0])
		}
	}
	if c := s.file.Docker; c != nil && l.Err == nil {
		l.Image = c.Image
		l.Argv, l.Env, l.Err = commandOf(c.Command, c.Env, data)
	}
	return l
}

// beside locates a program: one named with a directory, relative to the file; any other in the
// PATH.
func (s *Service) beside(program string) string {
	if strings.ContainsRune(program, '/') && !filepath.IsAbs(program) {
		return filepath.Join(s.dir, program)
	}
	return program
}

func commandOf(command []text, environment map[string]text, data any) (argv, env []string, err error) {
	if argv, err = expand(command, data); err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		value, err := environment[name].with(data)
		if err != nil {
			return nil, nil, err
		}
		env = append(env, name+"="+value)
	}
	return argv, env, nil
}

// Dial returns a client that connects, or starts its program, with its first call.
func (s *Service) Dial(_ context.Context, addr string, session cluster.Session) (cluster.Client, error) {
	if len(s.file.Client) > 0 {
		return s.program(addr, session)
	}
	return &client{service: s, base: "http://" + addr, session: session, http: once.New()}, nil
}

// ready is the first question to a client's program: whether its member serves.
const ready = "ready"

// Status makes the file's status request; without one it asks whether the member serves.
func (s *Service) Status(ctx context.Context, addr string) (cluster.Status, error) {
	switch {
	case s.file.Status != nil:
		return s.role(ctx, addr)
	case s.file.Ready.Path != "":
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+s.file.Ready.Path, nil)
		if err != nil {
			return cluster.Status{}, err
		}
		_, err = once.Ask(request)
		return cluster.Status{Up: err == nil}, err
	}
	return s.served(ctx, addr)
}

// served asks the client's program whether the member serves. A program that is not ready is kept
// for the next question, because it may take longer to start than one question may last.
func (s *Service) served(ctx context.Context, addr string) (cluster.Status, error) {
	s.mu.Lock()
	p, ok := s.probes[addr]
	if !ok {
		by, err := s.program(addr, cluster.Session{})
		if err != nil {
			s.mu.Unlock()
			return cluster.Status{}, err
		}
		p = &probe{program: by}
		if s.probes == nil {
			s.probes = map[string]*probe{}
		}
		s.probes[addr] = p
	}
	s.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.prepare(ctx); err != nil {
		return cluster.Status{}, fmt.Errorf("status of %s: %w", addr, err)
	}
	return cluster.Status{Up: true}, p.Close()
}

// Close ends the programs that were asked whether members serve.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.probes {
		p.mu.Lock()
		p.Close()
		p.mu.Unlock()
	}
	return nil
}

// role reads what a member says about itself.
func (s *Service) role(ctx context.Context, addr string) (cluster.Status, error) {
	request, err := s.file.Status.request(ctx, "http://"+addr, argument{})
	if err != nil {
		return cluster.Status{}, err
	}
	got, err := once.Ask(request)
	if err != nil {
		return cluster.Status{}, err
	}
	said := answer{Status: http.StatusOK, Body: string(got.Body), JSON: plain(got.Body, false)}
	st := cluster.Status{Up: true}
	for _, part := range []struct {
		text *text
		put  func(string)
	}{
		{s.file.Status.Role, func(v string) { st.Role = v }},
		{s.file.Status.Leader, func(v string) { st.Leader = history.NodeID(v) }},
		{s.file.Status.Term, func(v string) { st.Term, _ = strconv.ParseUint(v, 10, 64) }},
	} {
		if part.text == nil {
			continue
		}
		v, err := part.text.with(said)
		if err != nil {
			return cluster.Status{}, err
		}
		part.put(strings.TrimSpace(v))
	}
	return st, nil
}
