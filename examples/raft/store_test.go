package raftstore_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"github.com/splitvote/splitvote/splitvotetest"

	"example.com/raftstore"
)

// cluster is three members on the test's network.
func cluster(stale bool) splitvotetest.Cluster {
	return splitvotetest.Cluster{
		Nodes: 3, Name: "raftstore",
		Start: func(m splitvotetest.Member) (splitvotetest.Node, error) {
			return raftstore.Open(raftstore.Config{
				ID: m.ID, Members: m.Members, Dir: m.Dir, Listener: m.Listener, Dial: m.Dial, Log: m.Log,
				StaleReads: stale,
			})
		},
		Dial: func(_ context.Context, m splitvotetest.Member) (splitvotetest.Client, error) {
			s := m.Node().(*raftstore.Store)
			return splitvotetest.Register{
				Read: func(ctx context.Context, key string) (int, error) {
					v, err := s.Get(ctx, key)
					return v, classified(s, err)
				},
				Write: func(ctx context.Context, key string, v int) error { return classified(s, s.Put(ctx, key, v)) },
			}, nil
		},
	}
}

// classified says which errors mean that a call had no effect; about all others nobody knows.
func classified(s *raftstore.Store, err error) error {
	if errors.Is(err, raft.ErrNotLeader) {
		leader, _ := s.Leader()
		return splitvotetest.Elsewhere(err, leader)
	}
	return err
}

var plan = splitvotetest.Plan{Faults: "partition,kill,pause,links", Time: 10 * time.Second, Virtual: true}

func TestStore(t *testing.T) { splitvotetest.Run(t, cluster(false), plan) }

// STALE=1 go test -run TestStaleReads fails, and shows the reads that prove the planted bug.
func TestStaleReads(t *testing.T) {
	if os.Getenv("STALE") == "" {
		t.Skip("it fails on purpose: STALE=1 lets it")
	}
	splitvotetest.Run(t, cluster(true), plan)
}
