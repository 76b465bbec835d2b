package protocol_test

import (
	"testing"

	"github.com/splitvote/splitvote/protocol"
)

var options = []protocol.Option{{Name: "size", Default: "3"},
	{Name: "reads", Default: "local", Values: []string{"sync", "local"}}}

func TestSettings(t *testing.T) {
	s, err := protocol.ReadSettings("it", options, map[string]string{"size": "3", "reads": "local"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Number("size") != 3 || s.Choice("reads") != 1 || !s.Is("reads", "local") || s.Is("reads", "sync") {
		t.Errorf("size %d, reads %d", s.Number("size"), s.Choice("reads"))
	}
}

func TestWrongSettings(t *testing.T) {
	for _, test := range []struct {
		set  map[string]string
		want string
	}{
		{map[string]string{"reads": "sync"}, `it: option size: want a whole number from 1, have ""`},
		{map[string]string{"size": "0", "reads": "sync"}, `it: option size: want a whole number from 1, have "0"`},
		{map[string]string{"size": "2147483648", "reads": "sync"},
			`it: option size: want a whole number from 1, have "2147483648"`},
		{map[string]string{"size": "1"}, `it: option reads: want sync or local, have ""`},
		{map[string]string{"size": "1", "reads": "1"}, `it: option reads: want sync or local, have "1"`},
	} {
		if _, err := protocol.ReadSettings("it", options, test.set); err == nil || err.Error() != test.want {
			t.Errorf("%v: error %v, want %s", test.set, err, test.want)
		}
	}
}
