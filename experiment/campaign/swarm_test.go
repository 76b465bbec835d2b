package campaign

import (
	"testing"

	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/targets/bundled"
)

// Whatever faults a campaign is asked for: it draws no plan that the command refuses, and small
// clusters where they suffice.
func TestPinnedFaultsDrawClustersThatSufferThem(t *testing.T) {
	for _, target := range bundled.All() {
		for _, fault := range harness.Space(target).Faults {
			base := Base()
			base.Target, base.Faults = target.Name(), []string{fault.Name}
			s, err := NewSwarm(base, func(flag string) bool { return flag == "faults" || flag == "target" })
			if err != nil {
				t.Fatal(err)
			}
			least := 7
			for seed := range uint64(100) {
				x, err := s.Draw(seed + 1)
				if err != nil {
					t.Fatalf("%s with %s: %v", target.Name(), fault.Name, err)
				}
				least = min(least, x.Plan.Nodes)
			}
			if kind, _ := nemesis.Named(fault.Name); least != kind.Least() {
				t.Errorf(
					"%s with %s: the smallest cluster has %d nodes, want %d",
					target.Name(),
					fault.Name,
					least,
					kind.Least(),
				)
			}
		}
	}
}
