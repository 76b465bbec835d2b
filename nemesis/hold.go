package nemesis

import (
	"context"
	"math/rand/v2"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// stalls are the shapes of held links: partitions that lose nothing.
var stalls = []Shape{
	{Name: "one", Doc: "All links of one node.", Least: 2, Weight: 2, count: one, cut: apart},
	{Name: "leader", Doc: "All links of the leader.", Least: 2, Weight: 3, Leader: true, count: one,
		cut: apart},
	{
		Name: "one-way", Doc: "All links to one node, or all from it.",
		Least: 2, Weight: 2, count: one, set: direction, cut: oneWay,
	},
	{
		Name: "leader-one-way", Doc: "All links to the leader, or all from it.",
		Least: 2, Weight: 3, Leader: true, count: one, set: direction, cut: oneWay,
	},
	{
		Name: "link", Doc: "One link in one direction: from the second node to the first.",
		Least: 2, Weight: 2, count: func(*rand.Rand, int) int { return 2 }, cut: oneLink,
	},
	{
		Name: "halves", Doc: "All links between less than half of the nodes and the rest.",
		Least: 3, Weight: 1, count: func(_ *rand.Rand, nodes int) int { return (nodes - 1) / 2 }, cut: apart,
	},
}

// oneLink stalls the link from the second named node to the first.
func oneLink(named, _ []history.NodeID, _ history.Settings) history.Grudge {
	return history.Grudge{named[0]: named[1:]}
}

func (n *Nemesis) hold(ctx context.Context, f *history.Fault) error {
	shape, _ := named(stalls, f.Shape)
	f.Cut = shape.cut(f.Nodes, n.nodes, f.Set)
	proof, err := n.cluster.(cluster.Holder).Hold(ctx, f.Cut)
	return network("hold", proof, err, f)
}

func (n *Nemesis) release(ctx context.Context, f *history.Fault) error {
	proof, err := n.cluster.(cluster.Holder).Release(ctx)
	return network("release", proof, err, f)
}
