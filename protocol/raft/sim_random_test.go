package raft_test

import (
	"flag"
	"fmt"
	"testing"
)

var seeds = flag.Uint64("seeds", 15, "storms for each kind of read")

// storm is weather in which everything happens.
var storm = weather{loss: 50, twice: 100, crashes: 1, cuts: 2, changes: 4, transfers: 2, delay: 10, disk: 5, skew: 5}

// TestStorm lets everything happen to clusters with every kind of read; after each step R1 to R9 hold, no answer
// contradicts an earlier one, and when the storm is over the cluster makes progress.
func TestStorm(t *testing.T) {
	t.Parallel()
	for _, reads := range []string{"index", "log", "lease"} {
		for seed := range *seeds {
			t.Run(fmt.Sprintf("%s/%d", reads, seed), func(t *testing.T) {
				s, err := newSim(seed, 3+int(seed)%3, 2, storm,
					map[string]string{"reads": reads, "snapshot-every": "30", "snapshot-chunk": "100"}, "")
				if err != nil {
					t.Fatal(err)
				}
				if err := s.run(20_000); err != nil {
					t.Fatal(err)
				}
				s.heal()
				if err := s.run(5_000); err != nil {
					t.Fatal(err)
				}
				before := s.dones
				if err := s.run(2_000); err != nil {
					t.Fatal(err)
				}
				if s.dones-before < 20 {
					t.Errorf("%d commands in the 2 s after the cluster had healed", s.dones-before)
				}
			})
		}
	}
}
