// Package raftstore is a key-value store of numbers, replicated with github.com/hashicorp/raft. It
// knows nothing of tests: it is given a listener, a dialer and a directory.
package raftstore

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/raft"
	boltdb "github.com/hashicorp/raft-boltdb/v2"
)

// Config is what a Store needs of the world.
type Config struct {
	ID       string   // which is its address too
	Members  []string // all of them
	Dir      string
	Listener net.Listener
	Dial     func(ctx context.Context, address string) (net.Conn, error)
	Log      io.Writer
	// StaleReads lets every member answer reads from its own state. That is the planted bug: it is
	// fast, and wrong.
	StaleReads bool
}

// Store is one member.
type Store struct {
	config    Config
	raft      *raft.Raft
	logs      *boltdb.BoltStore
	transport *raft.NetworkTransport
	values    values
}

// Open starts a member, with what its directory holds.
func Open(c Config) (*Store, error) {
	s := &Store{config: c, values: values{m: map[string]int{}}}
	var err error
	if s.logs, err = boltdb.NewBoltStore(filepath.Join(c.Dir, "log")); err != nil {
		return nil, err
	}
	snapshots, err := raft.NewFileSnapshotStore(c.Dir, 1, c.Log)
	if err != nil {
		return nil, errors.Join(err, s.logs.Close())
	}
	s.transport = raft.NewNetworkTransport(stream{c.Listener, c.Dial}, 3, time.Second, c.Log)
	rc := raft.DefaultConfig()
	rc.LocalID, rc.LogOutput, rc.LogLevel = raft.ServerID(c.ID), c.Log, "WARN"
	rc.HeartbeatTimeout, rc.ElectionTimeout = 250*time.Millisecond, 250*time.Millisecond
	rc.LeaderLeaseTimeout, rc.CommitTimeout = 200*time.Millisecond, 10*time.Millisecond
	known, err := raft.HasExistingState(s.logs, s.logs, snapshots)
	if err == nil && !known {
		var all raft.Configuration
		for _, id := range c.Members {
			all.Servers = append(all.Servers, raft.Server{ID: raft.ServerID(id), Address: raft.ServerAddress(id)})
		}
		err = raft.BootstrapCluster(rc, s.logs, s.logs, snapshots, s.transport, all)
	}
	if err == nil {
		s.raft, err = raft.NewRaft(rc, &s.values, s.logs, s.logs, snapshots, s.transport)
	}
	if err != nil {
		return nil, errors.Join(err, s.transport.Close(), s.logs.Close())
	}
	return s, nil
}

// Close ends the member.
func (s *Store) Close() error {
	return errors.Join(s.raft.Shutdown().Error(), s.transport.Close(), s.logs.Close())
}

// Leader is who leads, as far as this member knows, and its term.
func (s *Store) Leader() (id string, term uint64) {
	_, leader := s.raft.LeaderWithID()
	return string(leader), s.raft.CurrentTerm()
}

// command is an entry of the log. A read is an entry as well: so it sees every write before it.
type command struct {
	Key   string
	Value *int `json:",omitempty"` // nil for a read
}

// Get reads a key, which is 0 before any write.
func (s *Store) Get(ctx context.Context, key string) (int, error) {
	if s.config.StaleReads {
		return s.values.get(key), nil
	}
	return s.apply(command{Key: key})
}

// Put writes a key.
func (s *Store) Put(ctx context.Context, key string, value int) error {
	_, err := s.apply(command{key, &value})
	return err
}

// apply fails with raft.ErrNotLeader, and no effect, where this member does not lead.
func (s *Store) apply(c command) (int, error) {
	entry, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	done := s.raft.Apply(entry, time.Second)
	if err := done.Error(); err != nil {
		return 0, err
	}
	return done.Response().(int), nil
}

// values are the state machine.
type values struct {
	mu sync.Mutex
	m  map[string]int
}

func (v *values) get(key string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.m[key]
}

// Apply carries out a committed entry.
func (v *values) Apply(entry *raft.Log) any {
	var c command
	if err := json.Unmarshal(entry.Data, &c); err != nil {
		panic(err) // we have written it
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if c.Value != nil {
		v.m[c.Key] = *c.Value
	}
	return v.m[c.Key]
}

// Snapshot copies the state.
func (v *values) Snapshot() (raft.FSMSnapshot, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text, err := json.Marshal(v.m)
	return snapshot(text), err
}

// Restore takes a copy's state.
func (v *values) Restore(from io.ReadCloser) error {
	defer from.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.m = map[string]int{}
	return json.NewDecoder(from).Decode(&v.m)
}

type snapshot []byte

func (s snapshot) Persist(to raft.SnapshotSink) error {
	if _, err := to.Write(s); err != nil {
		return errors.Join(err, to.Cancel())
	}
	return to.Close()
}

func (snapshot) Release() {}

// stream is a listener and a dialer as raft wants them.
type stream struct {
	net.Listener
	dial func(context.Context, string) (net.Conn, error)
}

func (s stream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.dial(ctx, string(address))
}
