package splitvotetest_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/splitvote/splitvote/splitvotetest"
)

// trio is a small service in memory: n1 holds the registers, and every member asks it.
type trio struct {
	single
	m    splitvotetest.Member
	work sync.WaitGroup
}

func openTrio(m splitvotetest.Member) (splitvotetest.Node, error) {
	s := &trio{single: single{now: map[string]int{}, old: map[string]int{}}, m: m}
	s.work.Go(func() {
		for {
			c, err := m.Listener.Accept()
			if err != nil {
				return
			}
			s.work.Go(func() {
				defer context.AfterFunc(m.Context(), func() { c.Close() })()
				defer c.Close()
				for {
					var b [16]byte
					if _, err := io.ReadFull(c, b[:]); err != nil {
						return
					}
					key, v := string(b[:12]), int(b[12])<<16|int(b[13])<<8|int(b[14])
					if b[15] == 'w' {
						s.single.write(nil, key, v)
					} else {
						v, _ = s.single.read(nil, key)
					}
					b[12], b[13], b[14] = byte(v>>16), byte(v>>8), byte(v)
					c.Write(b[:])
				}
			})
		}
	})
	return s, nil
}

func (s *trio) Close() error {
	s.m.Listener.Close()
	s.work.Wait()
	return nil
}

// ask makes a call of n1: twelve bytes for the key, three for the value, one for the call.
func (s *trio) ask(ctx context.Context, what byte, key string, v int) (int, error) {
	c, err := s.m.Dial(ctx, "n1")
	if err != nil {
		return 0, splitvotetest.Failed(err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	var b [16]byte
	copy(b[:], key)
	b[12], b[13], b[14], b[15] = byte(v>>16), byte(v>>8), byte(v), what
	if _, err := c.Write(b[:]); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return 0, err
	}
	return int(b[12])<<16 | int(b[13])<<8 | int(b[14]), nil
}

func trios() splitvotetest.Cluster {
	return splitvotetest.Cluster{
		Nodes: 3,
		Start: openTrio,
		Dial: func(_ context.Context, m splitvotetest.Member) (splitvotetest.Client, error) {
			s, ok := m.Node().(*trio)
			if !ok {
				return nil, errors.New("no trio")
			}
			return splitvotetest.Register{
				Read: func(ctx context.Context, key string) (int, error) { return s.ask(ctx, 'r', key, 0) },
				Write: func(ctx context.Context, key string, v int) error {
					_, err := s.ask(ctx, 'w', key, v)
					return err
				},
			}, nil
		},
	}
}

func TestATrio(t *testing.T) {
	splitvotetest.Run(t, trios(), splitvotetest.Plan{Virtual: true, Seeds: 3})
}

// BenchmarkMinute is a minute of virtual time with faults: three members in memory, 100 calls a
// second, its judgement and report.
func BenchmarkMinute(b *testing.B) {
	for b.Loop() {
		if !testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{
			Name: "Minute",
			F: func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					splitvotetest.Run(t, trios(), splitvotetest.Plan{Time: time.Minute, Rate: 100, Clients: 20})
				})
			},
		}}) {
			b.Fatal("failed")
		}
	}
}
