package protocol_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
)

func TestPromise(t *testing.T) {
	p := protocol.Protocol{Consistency: "eventual", Options: []protocol.Option{
		{Name: "size", Default: "3"},
		{Name: "reads", Default: "local", Promises: map[string]string{"local": "sequential"}},
	}}
	for _, test := range []struct {
		set  map[string]string
		want string
	}{
		{nil, "sequential"},
		{map[string]string{"size": "5"}, "sequential"},
		{map[string]string{"reads": "local"}, "sequential"},
		{map[string]string{"reads": "sync"}, "eventual"},
	} {
		if got := p.Promise(test.set); got != test.want {
			t.Errorf("with %v it promises %q, want %q", test.set, got, test.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	got := protocol.Protocol{Options: options}.Defaults()
	if diff := cmp.Diff(map[string]string{"size": "3", "reads": "local"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
