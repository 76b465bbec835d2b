package raft_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/splitvote/splitvote/protocol/raft"
)

var seeds = flag.Uint64("seeds", 8, "storms for each kind of read")

// newStorm returns a cluster under all faults. Its size, faults and options depend on the seed.
func newStorm(t *testing.T, seed uint64, reads, bug string) *sim {
	t.Helper()
	options := map[string]string{"reads": reads, "snapshot-every": "30", "snapshot-chunk": "100"}
	w := weather{loss: 50, twice: 100, crashes: 1, cuts: 2, changes: 4, transfers: 2, delay: 10, disk: 5, skew: 5}
	if seed%2 == 1 {
		options["batch"] = "1"
		w.disk, w.changes, w.crashes = 40, 2, 3
	}
	if seed%4 == 1 {
		options["prevote"] = "off"
	}
	if seed%8 > 3 {
		options["snapshot-every"] = "10"
		w.cuts = 6
	}
	if reads != "lease" { // a lease is only as good as the ticks in which it is counted
		w.pauses = 1
	}
	size := []int{3, 4, 5, 1, 2}[seed%5]
	if size == 1 {
		w.changes = 0 // it remains alone
	}
	s, err := newSim(seed, size, 2, w, options, bug)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// endure runs 20 s of faults, then gives the cluster 5 s to recover and 2 s to show that it works.
func (s *sim) endure() error {
	if err := s.run(20_000); err != nil {
		return err
	}
	s.heal()
	if err := s.run(5_000); err != nil {
		return err
	}
	before := s.dones
	if err := s.run(2_000); err != nil {
		return err
	}
	if s.dones-before < 20 {
		return fmt.Errorf("%d commands in the 2 s after the cluster had healed", s.dones-before)
	}
	return nil
}

// TestStorm runs clusters under all faults with every kind of read. R1 to R12 hold after each step,
// no
// answer contradicts an earlier one, and the cluster makes progress when the storm is over.
func TestStorm(t *testing.T) {
	t.Parallel()
	seen, leaders := map[string]int{}, 0
	for _, reads := range []string{"index", "log", "lease"} {
		for seed := range *seeds {
			t.Run(fmt.Sprintf("%s/%d", reads, seed), func(t *testing.T) {
				s := newStorm(t, seed, reads, "")
				if err := s.endure(); err != nil {
					t.Fatal(err)
				}
				if s.dones < 100 || s.reads < 100 {
					t.Errorf("%d commands and %d reads only", s.dones, s.reads)
				}
				for point, n := range s.points {
					seen[point] += n
				}
				leaders += len(s.leaders)
			})
		}
	}
	t.Logf("%d terms had a leader; %v", leaders, seen)
	for _, point := range raft.Protocol().Points {
		if seen[point] < int(*seeds) {
			t.Errorf("%s happened %d times in %d storms", point, seen[point], 3**seeds)
		}
	}
}

// TestSameSeedSameRun compares two runs step by step (protocol.P1).
func TestSameSeedSameRun(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		a, b := newStorm(t, seed, "index", ""), newStorm(t, seed, "index", "")
		for range 20 {
			errA, errB := a.run(500), b.run(500)
			if errA != nil || errB != nil || a.trace != b.trace {
				t.Fatalf("seed %d: at %d ms the runs differ: %x and %x (%v, %v)", seed, a.now, a.trace, b.trace,
					errA, errB)
			}
		}
	}
}
