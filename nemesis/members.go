package nemesis

import (
	"context"
	"slices"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// leavers are the shapes of changes of membership.
var leavers = []Shape{
	{Name: "one", Doc: "One node leaves.", Least: 2, Weight: 3, count: one},
	{Name: "leader", Doc: "The leader leaves.", Least: 2, Weight: 2, Leader: true, count: one},
	{Name: "minority", Doc: "Less than half of the nodes leave, one after another.", Least: 3, Weight: 2,
		count: minority},
	{Name: "all-but-one", Doc: "All nodes but one leave, one after another.", Least: 3, Weight: 2, count: allButOne},
}

// heirs are the shapes of transfers.
var heirs = []Shape{{Name: "one", Doc: "To one node.", Least: 2, Weight: 1, count: one}}

func (n *Nemesis) remove(ctx context.Context, f *history.Fault) error {
	reconfigurer := n.cluster.(cluster.Reconfigurer)
	var sum tally // requested, not done yet
	for _, id := range f.Nodes {
		n.out[id] = true
		proof, err := reconfigurer.Reconfigure(ctx, "", id)
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

func (n *Nemesis) readd(ctx context.Context, f *history.Fault) error {
	reconfigurer := n.cluster.(cluster.Reconfigurer)
	sum := tally{bit: true}
	for _, id := range f.Nodes {
		if !n.out[id] {
			continue
		}
		proof, err := reconfigurer.Reconfigure(ctx, id, "")
		if err == nil {
			delete(n.out, id)
		}
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

// transfer asks for leadership to go to the named node, or to the next one if that node leads
// already.
func (n *Nemesis) transfer(ctx context.Context, f *history.Fault) error {
	if leader, ok := n.leader(ctx); ok && leader == f.Nodes[0] {
		at := slices.Index(n.nodes, leader)
		f.Nodes = []history.NodeID{n.nodes[(at+1)%len(n.nodes)]}
	}
	proof, err := n.cluster.(cluster.Transferrer).Transfer(ctx, f.Nodes[0])
	proof.Bit = false // requested, not done yet
	return network("transfer", proof, err, f)
}

func (n *Nemesis) transferred(ctx context.Context, f *history.Fault) error {
	proof, err := n.cluster.(cluster.Transferrer).Transfer(ctx, "")
	return network("transfer", proof, err, f)
}
