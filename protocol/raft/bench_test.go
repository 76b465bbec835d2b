package raft_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/raft"
)

// counter is a Machine that costs nothing.
type counter struct{ n uint64 }

func (c *counter) Apply([]byte) []byte  { c.n++; return nil }
func (c *counter) Query([]byte) []byte  { return nil }
func (c *counter) Snapshot() []byte     { return make([]byte, 1000) }
func (c *counter) Restore([]byte) error { return nil }

// ring is five nodes whose messages arrive at once and in order.
type ring struct {
	ids   []protocol.NodeID
	cores []protocol.Core
	watch protocol.Invariants
	queue []protocol.Message
	draw  *rand.Rand
	steps int
}

func newRing(b *testing.B, watch bool) *ring {
	r := &ring{draw: rand.New(rand.NewPCG(1, 1))}
	for i := range 5 {
		r.ids = append(r.ids, protocol.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	p := raft.Protocol()
	for _, id := range r.ids {
		core, err := p.New(protocol.Config{ID: id, Members: r.ids, Options: defaults(nil), Machine: &counter{}}, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.cores = append(r.cores, core)
	}
	for r.leader() < 0 {
		r.tick(b)
	}
	if watch {
		r.watch = p.Invariants()
		for i, id := range r.ids {
			if err := r.watch.Restarted(id, r.cores[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
	return r
}

func (r *ring) leader() int {
	for i, c := range r.cores {
		if c.Status().Role == "leader" {
			return i
		}
	}
	return -1
}

func (r *ring) tick(b *testing.B) {
	for i := range r.cores {
		r.step(b, i, protocol.Tick{Draw: r.draw.Uint64()})
	}
}

// step takes one step and all steps that follow from it.
func (r *ring) step(b *testing.B, i int, in protocol.Input) {
	r.one(b, i, in)
	for head := 0; head < len(r.queue); head++ {
		m := r.queue[head]
		for i, id := range r.ids {
			if id == m.To {
				r.one(b, i, protocol.Receive{Message: m})
				break
			}
		}
	}
	r.queue = r.queue[:0]
}

func (r *ring) one(b *testing.B, i int, in protocol.Input) {
	out := r.cores[i].Step(in)
	r.steps++
	if r.watch != nil {
		if err := r.watch.After(r.ids[i], r.cores[i], in, &out); err != nil {
			b.Fatal(err)
		}
	}
	r.queue = append(r.queue, out.Send...)
}

// BenchmarkSecond is one simulated second of five nodes: 40 ticks each, 50 writes and 50 reads.
func BenchmarkSecond(b *testing.B) {
	for _, watch := range []bool{false, true} {
		b.Run(fmt.Sprintf("invariants=%v", watch), func(b *testing.B) {
			r := newRing(b, watch)
			leader, id := r.leader(), uint64(0)
			command := []byte("a command of forty bytes or thereabouts.")
			r.steps = 0
			b.ReportAllocs()
			for b.Loop() {
				for range 20 {
					r.tick(b)
					r.tick(b)
					for i := range 5 {
						id++
						r.step(b, leader, protocol.Propose{ID: id, Command: command, ReadOnly: i%2 == int(id/5)%2})
					}
				}
			}
			if r.leader() != leader {
				b.Fatal("the leader was deposed")
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "simulated-s/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(r.steps), "ns/step")
		})
	}
}
