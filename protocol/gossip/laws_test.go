package gossip_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/gossip"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

var names = []protocol.NodeID{"n1", "n2", "n3"}

func drawVector(t *rapid.T, least int) gossip.Vector {
	marked := rapid.SliceOfNDistinct(rapid.SampledFrom(names), least, 3, rapid.ID).Draw(t, "nodes")
	slices.Sort(marked)
	var v gossip.Vector
	for _, id := range marked {
		v = append(v, gossip.Mark{Node: id, N: rapid.Uint64Range(1, 4).Draw(t, "n")})
	}
	return v
}

// drawState makes a state of the object x. A stamp names one write, so the value is derived from
// it.
func drawState(t *rapid.T, object string) gossip.State {
	s := gossip.State{Name: gossip.Name{Object: object, Key: "x"}}
	switch object {
	case "register":
		at := gossip.Stamp{Time: rapid.Uint64Range(1, 3).Draw(t, "time"),
			Node: rapid.SampledFrom(names).Draw(t, "node")}
		s.Register = &gossip.Register{Stamp: at, Value: fmt.Appendf(nil, `"%d %s"`, at.Time, at.Node)}
	case "counter":
		s.Counter = &gossip.Counter{Up: drawVector(t, 1), Down: drawVector(t, 0)}
	case "set":
		for _, value := range []string{"7", "8", "10"} {
			if len(s.Set) == 0 || rapid.Bool().Draw(t, "has") {
				s.Set = append(s.Set, gossip.Element{Value: []byte(value), Added: drawVector(t, 1),
					Removed: drawVector(t, 0)})
			}
		}
	}
	return s
}

// TestJoinIsALeastUpperBound checks CRDT §2.3: replicas that have heard the same changes hold the
// same
// state, in whatever order and however often they heard them.
func TestJoinIsALeastUpperBound(t *testing.T) {
	for _, object := range gossip.Protocol().Objects {
		t.Run(object, rapid.MakeCheck(func(t *rapid.T) {
			a, b, c := drawState(t, object), drawState(t, object), drawState(t, object)
			before := a.String() + b.String()
			for _, law := range []struct {
				name        string
				left, right gossip.State
			}{
				{"idempotent", gossip.Join(a, a), a},
				{"commutative", gossip.Join(a, b), gossip.Join(b, a)},
				{"associative", gossip.Join(a, gossip.Join(b, c)), gossip.Join(gossip.Join(a, b), c)},
				{"absorbing", gossip.Join(a, gossip.Join(a, b)), gossip.Join(a, b)},
			} {
				if diff := cmp.Diff(law.left, law.right); diff != "" {
					t.Errorf("join is not %s of %v, %v and %v:\n%s", law.name, a, b, c, diff)
				}
			}
			if a.String()+b.String() != before {
				t.Errorf("join has changed what it joined: %s is now %v and %v", before, a, b) // protocol.P3
			}
		}))
	}
}

// TestRoundTrip writes and reads every type of message and record.
func TestRoundTrip(t *testing.T) {
	codec := gossip.Protocol().Codec
	rapid.Check(t, func(t *rapid.T) {
		var states []gossip.State
		for _, object := range gossip.Protocol().Objects {
			states = append(states, drawState(t, object))
		}
		sum := rapid.Uint64().Draw(t, "sum")
		name := gossip.Name{Object: "set", Key: rapid.String().Draw(t, "key")}
		name.Key = strings.ToValidUTF8(name.Key, "")
		bundledtest.RoundTrip(t, codec,
			&gossip.Greet{Sum: sum},
			&gossip.Digest{Objects: []gossip.Held{{Name: name, Sum: sum}}},
			&gossip.Delta{States: states, Want: []gossip.Name{name}},
			&gossip.Update{States: states},
		)
	})
}

// TestRefusals lists configurations and records with which no replica starts.
func TestRefusals(t *testing.T) {
	config := func(change func(*protocol.Config)) protocol.Config {
		c := protocol.Config{ID: "n1", Members: names, Options: with(nil)}
		change(&c)
		return c
	}
	for _, test := range []struct {
		config  protocol.Config
		records []protocol.Record
		want    string
	}{
		{config(func(c *protocol.Config) {
			c.ID = "n9"
		}), nil, "gossip: members: this node is not among them, and they never change"},
		{config(func(c *protocol.Config) {
			c.Options["clock"] = "sun"
		}), nil, `gossip: option clock: want lamport or wall, have "sun"`},
		{
			config(func(c *protocol.Config) { c.Options["gossip-ticks"] = "0" }), nil,
			`gossip: option gossip-ticks: want a whole number from 1, have "0"`,
		},
		{config(func(c *protocol.Config) { c.Bug = "gossip/none" }), nil, `no bug is named "gossip/none"`},
		{
			config(func(*protocol.Config) {}), []protocol.Record{{Data: &gossip.Greet{}}},
			"gossip: record 0: a *gossip.Greet is not a record of gossip",
		},
	} {
		if _, err := gossip.New(test.config, test.records); err == nil || err.Error() != test.want {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
}

// with returns the default options, changed by these.
func with(options map[string]string) map[string]string {
	all := gossip.Protocol().Defaults()
	maps.Copy(all, options)
	return all
}
