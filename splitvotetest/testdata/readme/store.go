// Package store is the store of the README's test: n1 holds the values, in a file too, and the
// other members ask it.
package store

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// Store is one member.
type Store struct {
	file string
	dial func(context.Context, string) (net.Conn, error)
	l    net.Listener
	work sync.WaitGroup

	mu     sync.Mutex
	values map[string]int
	conns  map[net.Conn]bool
}

type call struct {
	Key   string
	Value *int
}

// Open starts a member.
func Open(id, dir string, l net.Listener, dial func(context.Context, string) (net.Conn, error)) (*Store, error) {
	s := &Store{file: filepath.Join(dir, "values"), dial: dial, l: l, values: map[string]int{}, conns: map[net.Conn]bool{}}
	if text, err := os.ReadFile(s.file); err == nil {
		if err := json.Unmarshal(text, &s.values); err != nil {
			return nil, err
		}
	}
	s.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[c] = true
			s.mu.Unlock()
			s.work.Go(func() { s.serve(c) })
		}
	})
	return s, nil
}

// Close ends it.
func (s *Store) Close() error {
	s.l.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
	return nil
}

func (s *Store) serve(c net.Conn) {
	defer c.Close()
	var asked call
	if json.NewDecoder(c).Decode(&asked) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if asked.Value != nil {
		s.values[asked.Key] = *asked.Value
		text, _ := json.Marshal(s.values)
		if os.WriteFile(s.file+".new", text, 0o644) != nil || os.Rename(s.file+".new", s.file) != nil {
			return
		}
	}
	json.NewEncoder(c).Encode(s.values[asked.Key])
}

func (s *Store) ask(ctx context.Context, what call) (value int, err error) {
	c, err := s.dial(ctx, "n1")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := json.NewEncoder(c).Encode(what); err != nil {
		return 0, err
	}
	err = json.NewDecoder(c).Decode(&value)
	return value, err
}

// Get reads a key.
func (s *Store) Get(ctx context.Context, key string) (int, error) { return s.ask(ctx, call{Key: key}) }

// Put writes a key.
func (s *Store) Put(ctx context.Context, key string, value int) error {
	_, err := s.ask(ctx, call{key, &value})
	return err
}
