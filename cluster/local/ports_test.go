package local

import "testing"

// Two harnesses on one machine never have a port in common, though nobody listens on it yet, or
// while its node is down: or the clients of one would write to the other's store, and a correct
// cluster be accused.
func TestClaimsOfTwoClustersAreApart(t *testing.T) {
	var one, other ports
	defer other.close()
	seen := map[string]bool{}
	for _, p := range []*ports{&one, &other, &one, &other} {
		addresses, err := p.reserve(400)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range addresses {
			if seen[a] {
				t.Errorf("%s is claimed twice", a)
			}
			seen[a] = true
		}
	}
	if err := one.close(); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1600 {
		t.Errorf("%d claims, want 1600", len(seen))
	}
}
