package live_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/cluster/live"
)

// A reaper whose harness takes its leave has nothing to do; one whose harness dies has what it was
// told of.
func TestAwait(t *testing.T) {
	for said, want := range map[string][]live.Note{
		"":                                     nil,
		"local /a b.jsonl\ndone\n":             nil,
		"local /a b.jsonl\ndocker r1\n":        {{"local", "/a b.jsonl"}, {"docker", "r1"}},
		"local /a.jsonl\ndocker r1\ndone\nx y": nil,
	} {
		if d := cmp.Diff(want, live.Await(strings.NewReader(said))); d != "" {
			t.Errorf("%q (-want +got):\n%s", said, d)
		}
	}
}

// It goes on until it has found nothing for a while, through errors, and ends at once where there
// is nothing to remove.
func TestReap(t *testing.T) {
	notes := []live.Note{{"local", "a"}}
	for name, tt := range map[string]struct {
		notes  []live.Note
		remove func(look int) (int, error)
		took   time.Duration
		fails  bool
	}{
		"nothing noted": {nil, nil, 0, false},
		"nothing left":  {notes, func(int) (int, error) { return 0, nil }, 10 * time.Second, false},
		"made late": {notes, func(look int) (int, error) {
			if look == 5 {
				return 1, nil
			}
			return 0, nil
		}, 15 * time.Second, false},
		"an engine that comes back": {notes, func(look int) (int, error) {
			if look < 8 {
				return 0, errors.New("no engine")
			}
			return 0, nil
		}, 17 * time.Second, false},
		"an engine that does not": {notes, func(int) (int, error) {
			return 0, errors.New("no engine")
		}, time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, look := time.Now(), -1
				err := live.Reap(tt.notes, 10*time.Second, time.Minute, func(live.Note) (int, error) {
					look++
					return tt.remove(look)
				})
				if took := time.Since(began).Round(time.Second); (err != nil) != tt.fails ||
					took < tt.took-time.Second || took > tt.took+time.Second {
					t.Errorf("%v after %v, want %v", err, took, tt.took)
				}
			})
		})
	}
}
