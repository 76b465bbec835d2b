package docker

import (
	"testing"

	"github.com/moby/moby/client"
)

// Clean leaves alone what a living harness owns, from its first network on, and nothing of a dead
// one.
func TestCleanKnowsTheLiving(t *testing.T) {
	if err := Available(t.Context()); err != nil {
		t.Skip(err)
	}
	e, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const alive, dead = "owned-test-alive", "owned-test-dead"
	for _, run := range []string{alive, dead} {
		l := labels(run, "", "")
		if run == dead {
			l[labelBorn] = "long ago" // a process that had our number
		}
		_, err := e.api.NetworkCreate(t.Context(), "splitvote-"+run,
			client.NetworkCreateOptions{Driver: "bridge", Labels: l})
		if err != nil {
			t.Fatal(err)
		}
	}
	owned, err := e.runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for run, want := range map[string]bool{alive: true, dead: false} {
		if got, there := owned[run]; !there || got != want {
			t.Errorf("%s is owned: %v, %v, want %v", run, got, there, want)
		}
		if found, err := Reap(t.Context(), run); found != 1 || err != nil {
			t.Errorf("reaped %d of %s, %v", found, run, err)
		}
	}
}
