package plan_test

import (
	"strings"
	"testing"

	"github.com/splitvote/splitvote/plan"
)

func TestBytes(t *testing.T) {
	for text, want := range map[string]plan.Bytes{"1KiB": 1 << 10, "512MiB": 512 << 20, "2GiB": 2 << 30} {
		got, err := plan.ParseBytes(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s is %d, written %v (%v), want %d", text, got, got, err, want)
		}
		p, err := plan.Parse(strings.NewReader("checker-memory: "+text), plan.Default())
		if err != nil || p.CheckerMemory != want {
			t.Errorf("checker-memory: %s is read as %v (%v)", text, p.CheckerMemory, err)
		}
	}
	for _, text := range []string{"", "0GiB", "2", "2GB", "-1GiB", "1.5GiB", "9999999GiB"} {
		if got, err := plan.ParseBytes(text); err == nil {
			t.Errorf("%q is read as %v, want an error", text, got)
		}
	}
}
