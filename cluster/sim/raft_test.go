package sim_test

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/clustertest"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/targets/bundled"
)

// raftConfig is a cluster of Raft with its options' defaults, except those given as name and
// value.
func raftConfig(nodes int, seed uint64, options ...string) cluster.Config {
	p := raft.Protocol()
	cfg := config(bundled.New(p), nodes, seed)
	cfg.Tick = 25 * time.Millisecond
	cfg.Options = map[string]string{}
	for _, o := range p.Options {
		cfg.Options[o.Name] = o.Default
	}
	for i := 0; i < len(options); i += 2 {
		cfg.Options[options[i]] = options[i+1]
	}
	return cfg
}

func TestSuite(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			clustertest.Run(t, raftConfig(3+2*int(seed%2), seed),
				func(t *testing.T, cfg cluster.Config) cluster.Cluster {
					return open(t, cfg, sim.Options{})
				})
		})
	}
}

// BenchmarkSim5Raft100ops is the figure to watch: five nodes, a hundred operations a second, half
// of them writes, over ten keys. An iteration is one simulated second.
func BenchmarkSim5Raft100ops(b *testing.B) {
	for _, bench := range []struct {
		name    string
		opts    sim.Options
		watched bool
	}{
		{"checked", sim.Options{}, false},
		{"unchecked", sim.Options{Unchecked: true}, false},
		{"checked and watched", sim.Options{}, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			cfg := raftConfig(5, 1)
			if bench.watched {
				cfg.OnStatus = func(time.Duration, history.NodeID, cluster.Status) {}
			}
			c := open(b, cfg, bench.opts)
			c.Next(ctx, 10*time.Second)
			base, before := c.Now(), c.Stats()
			ok := 0
			const clients = 20
			busy := [clients]bool{}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				for j := range 100 {
					until := base + time.Duration(i)*time.Second + time.Duration(j)*10*time.Millisecond
					for {
						op, more := c.Next(ctx, until)
						if !more {
							break
						}
						busy[op.Process%clients] = false
						if op.Kind == history.Ok {
							ok++
						}
					}
					p := j % clients
					if busy[p] {
						b.Fatalf("client %d is still busy at %v", p, c.Now())
					}
					busy[p] = true
					op := write(history.Process(p), c.Nodes()[j%5], j)
					if j%2 == 0 {
						op = read(history.Process(p), c.Nodes()[j%5])
					}
					op.Key = string(rune('a' + j%10))
					c.Invoke(op)
				}
			}
			if ok < 99*b.N {
				b.Errorf("%d of %d operations succeeded", ok, 100*b.N)
			}
			s := c.Stats()
			seconds := (c.Now() - base).Seconds()
			b.ReportMetric(seconds/b.Elapsed().Seconds(), "sim-s/s")
			b.ReportMetric(float64(s.Events-before.Events)/seconds, "events/sim-s")
			if c.Err() != nil {
				b.Error(c.Err())
			}
		})
	}
}

// Under every kind of harm that Raft must survive its invariants hold, and once all is healed every
// call succeeds.
func TestRaftSurvives(t *testing.T) {
	total := 0
	for seed := range uint64(42) {
		reads := []string{"index", "log", "lease"}[seed%3]
		cfg := raftConfig(2+int(seed%6), seed, "reads", reads, "snapshot-every", "20", "snapshot-chunk", "64")
		x, err := newChaos(cfg, fnv.New64())
		if err != nil {
			t.Fatal(err)
		}
		x.run(20*time.Second, true)
		if err := x.heal(); err != nil {
			t.Fatal(err)
		}
		total += x.ok
		x.run(5*time.Second, false) // elect
		before := x.ok
		x.run(5*time.Second, false)
		if x.ok < before+100 {
			t.Errorf("seed %d: %d calls succeeded in 5 s after all was healed", seed, x.ok-before)
		}
		if err := x.Err(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if total < 42*100 {
		t.Errorf("%d calls succeeded in 42 runs under harm: too few to say anything", total)
	}
}
