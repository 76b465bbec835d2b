package nemesis

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Shape is one form that a kind of fault takes.
type Shape struct {
	Name   string
	Doc    string // one sentence
	Least  int    // how many nodes it takes
	Weight int    // weight of its draw among the shapes of its kind
	Leader bool   // the leader at the time replaces the first named node

	count func(r *rand.Rand, nodes int) int // draws how many nodes suffer
	// draws further settings; nil if there are none
	set func(r *rand.Rand) history.Settings
	// for links: which node no longer hears which
	cut func(named, nodes []history.NodeID, s history.Settings) history.Grudge
}

// victims are the shapes of faults that affect nodes one by one.
var victims = []Shape{
	{Name: "one", Doc: "One node.", Least: 1, Weight: 2, count: one},
	{Name: "leader", Doc: "The leader.", Least: 1, Weight: 3, Leader: true, count: one},
	{Name: "minority", Doc: "Less than half of the nodes.", Least: 3, Weight: 1, count: minority},
	{Name: "majority", Doc: "Just more than half of the nodes.", Least: 3, Weight: 1, count: majority},
	{Name: "all", Doc: "Every node.", Least: 2, Weight: 1, count: every},
}

// cuts are the shapes of partitions.
var cuts = []Shape{
	{
		Name: "halves", Doc: "Less than half of the nodes on one side, the rest on the other.",
		Least: 3, Weight: 2, count: func(_ *rand.Rand, nodes int) int { return (nodes - 1) / 2 }, cut: apart,
	},
	{Name: "one", Doc: "One node alone.", Least: 2, Weight: 1, count: one, cut: apart},
	{Name: "leader", Doc: "The leader, alone.", Least: 2, Weight: 3, Leader: true, count: one, cut: apart},
	{
		Name: "majorities-ring", Doc: "Every node hears a majority, and no two hear the same one.",
		Least: 4, Weight: 1, count: every, cut: ring,
	},
	{
		Name: "bridge", Doc: "Two sides that share one node, the first named, and hear each other only through it.",
		Least: 3, Weight: 1, count: func(_ *rand.Rand, nodes int) int { return 1 + (nodes-1)/2 }, cut: bridge,
	},
	{
		Name: "one-way", Doc: "One node hears no other but is heard (deaf), or the other way round (mute).",
		Least: 2, Weight: 1, count: one, set: direction, cut: oneWay,
	},
	{
		Name: "leader-one-way", Doc: "The leader is deaf or mute.",
		Least: 2, Weight: 1, Leader: true, count: one, set: direction, cut: oneWay,
	},
}

// weathers are the shapes of bad links.
var weathers = []Shape{
	weather("delay", "Messages take 2 to 200 ms longer, and as much again by chance.", func(r *rand.Rand) cluster.Link {
		d := spread(r, 2*time.Millisecond, 200*time.Millisecond)
		return cluster.Link{Delay: d, Jitter: d}
	}),
	weather("loss", "5 to 40 % of messages are lost.", func(r *rand.Rand) cluster.Link {
		return cluster.Link{Loss: percent(r, 5, 40)}
	}),
	weather("duplicate", "5 to 40 % of messages come twice.", func(r *rand.Rand) cluster.Link {
		return cluster.Link{Duplicate: percent(r, 5, 40)}
	}),
	weather("reorder", "5 to 40 % of messages are overtaken by later ones.", func(r *rand.Rand) cluster.Link {
		return cluster.Link{Reorder: percent(r, 5, 40)}
	}),
	weather("storm", "All of these at once, each a little milder.", func(r *rand.Rand) cluster.Link {
		d := spread(r, 2*time.Millisecond, 100*time.Millisecond)
		return cluster.Link{Delay: d, Jitter: d, Loss: percent(r, 2, 20), Duplicate: percent(r, 2, 20),
			Reorder: percent(r, 2, 20)}
	}),
}

func named(shapes []Shape, name string) (Shape, bool) {
	for _, s := range shapes {
		if s.Name == name {
			return s, true
		}
	}
	return Shape{}, false
}

func weather(name, doc string, draw func(*rand.Rand) cluster.Link) Shape {
	return Shape{
		Name: name, Doc: doc, Least: 2, Weight: 1, count: every,
		set: func(r *rand.Rand) history.Settings { return settings(draw(r)) },
	}
}

// among returns the victims of the given names, with further settings.
func among(set func(*rand.Rand) history.Settings, names ...string) []Shape {
	var some []Shape
	for _, s := range victims {
		if slices.Contains(names, s.Name) {
			s.set = set
			some = append(some, s)
		}
	}
	return some
}

func one(*rand.Rand, int) int               { return 1 }
func every(_ *rand.Rand, nodes int) int     { return nodes }
func allButOne(_ *rand.Rand, nodes int) int { return nodes - 1 }
func majority(_ *rand.Rand, nodes int) int  { return nodes/2 + 1 }
func minority(r *rand.Rand, nodes int) int  { return 1 + r.IntN((nodes-1)/2) }

// apart cuts the named nodes from all others, both ways.
func apart(named, nodes []history.NodeID, _ history.Settings) history.Grudge {
	return sunder(named, without(nodes, named...))
}

// bridge cuts every named node except the first from the nodes not named, both ways.
func bridge(named, nodes []history.NodeID, _ history.Settings) history.Grudge {
	return sunder(named[1:], without(nodes, named...))
}

// ring connects each node to its nearest neighbours on a ring in the order named: as few on either
// side as a majority needs.
func ring(named, _ []history.NodeID, _ history.Settings) history.Grudge {
	n := len(named)
	reach := (n/2 + 1) / 2
	g := history.Grudge{}
	for i, node := range named {
		for away := reach + 1; away < n-reach; away++ {
			g[node] = append(g[node], named[(i+away)%n])
		}
	}
	return g
}

func direction(r *rand.Rand) history.Settings {
	return history.Settings{"direction": quoted([]string{"deaf", "mute"}[r.IntN(2)])}
}

func oneWay(named, nodes []history.NodeID, s history.Settings) history.Grudge {
	others := without(nodes, named[0])
	if string(s["direction"]) == `"deaf"` {
		return history.Grudge{named[0]: others}
	}
	g := history.Grudge{}
	for _, node := range others {
		g[node] = []history.NodeID{named[0]}
	}
	return g
}

// sunder cuts all links between two sides.
func sunder(side, other []history.NodeID) history.Grudge {
	g := history.Grudge{}
	for _, a := range side {
		for _, b := range other {
			g[a] = append(g[a], b)
			g[b] = append(g[b], a)
		}
	}
	return g
}

func without(nodes []history.NodeID, some ...history.NodeID) []history.NodeID {
	var left []history.NodeID
	for _, n := range nodes {
		if !slices.Contains(some, n) {
			left = append(left, n)
		}
	}
	return left
}

// between draws a duration in whole milliseconds.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	ms := int64(time.Millisecond)
	return time.Duration((int64(least)/ms + r.Int64N((int64(most-least))/ms+1)) * ms)
}

// spread draws a duration in whole milliseconds; each doubling is equally likely.
func spread(r *rand.Rand, least, most time.Duration) time.Duration {
	low := least << r.IntN(bits.Len64(uint64((most-1)/least)))
	return between(r, low, min(2*low, most))
}

// percent draws a ratio in whole percents.
func percent(r *rand.Rand, least, most int) float64 { return float64(least+r.IntN(most-least+1)) / 100 }

func quoted(s string) json.RawMessage { return json.RawMessage(strconv.Quote(s)) }

// settings writes a Link as a fault's settings: durations as "50ms", ratios as numbers, without
// zeros.
func settings(l cluster.Link) history.Settings {
	s := history.Settings{}
	for name, d := range map[string]time.Duration{"delay": l.Delay, "jitter": l.Jitter} {
		if d != 0 {
			s[name] = quoted(d.String())
		}
	}
	for name, ratio := range map[string]float64{"loss": l.Loss, "duplicate": l.Duplicate, "reorder": l.Reorder} {
		if ratio != 0 {
			s[name] = json.RawMessage(strconv.FormatFloat(ratio, 'g', -1, 64))
		}
	}
	return s
}

// link reads what settings has written.
func link(s history.Settings) (cluster.Link, error) {
	var l cluster.Link
	for name, value := range s {
		var err error
		switch name {
		case "delay":
			l.Delay, err = duration(value)
		case "jitter":
			l.Jitter, err = duration(value)
		case "loss":
			err = json.Unmarshal(value, &l.Loss)
		case "duplicate":
			err = json.Unmarshal(value, &l.Duplicate)
		case "reorder":
			err = json.Unmarshal(value, &l.Reorder)
		default:
			err = errors.New("want delay, jitter, loss, duplicate or reorder")
		}
		if err != nil {
			return cluster.Link{}, fmt.Errorf("setting %s of links: %w", name, err)
		}
	}
	return l, nil
}

func duration(value json.RawMessage) (time.Duration, error) {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return 0, err
	}
	return time.ParseDuration(text)
}
