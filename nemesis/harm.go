package nemesis

import (
	"context"

	"github.com/splitvote/splitvote/history"
)

// free says that no fault in force has stopped the node.
func (n *Nemesis) free(id history.NodeID) bool { return !n.down[id] && !n.paused[id] }

func (n *Nemesis) kill(ctx context.Context, f *history.Fault) error {
	f.Nodes = n.choose(f.Nodes)
	if len(f.Nodes) == 0 {
		return refused("kill: no node is up")
	}
	killer := n.cluster.(Killer)
	sum := tally{bit: true}
	for _, id := range f.Nodes {
		n.down[id] = true
		proof, err := killer.Kill(ctx, id)
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

func (n *Nemesis) start(ctx context.Context, f *history.Fault) error {
	killer := n.cluster.(Killer)
	sum := tally{bit: f.Bit}
	for _, id := range f.Nodes {
		if !n.down[id] {
			continue
		}
		proof, err := killer.Start(ctx, id)
		if err == nil {
			delete(n.down, id)
		}
		sum.add(string(id), Proof{Bit: true, Text: proof.Text}, err) // that it died is proved already
	}
	return sum.conclude(f)
}

func (n *Nemesis) pause(ctx context.Context, f *history.Fault) error {
	f.Nodes = n.choose(f.Nodes)
	if len(f.Nodes) == 0 {
		return refused("pause: no node is up")
	}
	pauser := n.cluster.(Pauser)
	sum := tally{bit: true}
	for _, id := range f.Nodes {
		n.paused[id] = true
		proof, err := pauser.Pause(ctx, id)
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

func (n *Nemesis) resume(ctx context.Context, f *history.Fault) error {
	pauser := n.cluster.(Pauser)
	sum := tally{bit: f.Bit}
	for _, id := range f.Nodes {
		if !n.paused[id] {
			continue
		}
		proof, err := pauser.Resume(ctx, id)
		if err == nil {
			delete(n.paused, id)
		}
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

func (n *Nemesis) cut(ctx context.Context, f *history.Fault) error {
	shape, _ := named(cuts, f.Shape)
	f.Cut = shape.cut(f.Nodes, n.nodes, f.Set)
	proof, err := n.cluster.(Partitioner).Partition(ctx, f.Cut)
	return network("partition", proof, err, f)
}

func (n *Nemesis) heal(ctx context.Context, f *history.Fault) error {
	proof, err := n.cluster.(Partitioner).Heal(ctx)
	return network("heal", proof, err, f)
}

func (n *Nemesis) worsen(ctx context.Context, f *history.Fault) error {
	l, err := link(f.Set)
	if err != nil {
		return refused(err.Error())
	}
	proof, err := n.cluster.(LinkBreaker).SetLinks(ctx, l)
	return network("links", proof, err, f)
}

func (n *Nemesis) calm(ctx context.Context, f *history.Fault) error {
	proof, err := n.cluster.(LinkBreaker).SetLinks(ctx, Link{})
	return network("links", proof, err, f)
}

// network concludes a fault of the network as a whole.
func network(what string, p Proof, err error, f *history.Fault) error {
	sum := tally{bit: true}
	sum.add(what, p, err)
	return sum.conclude(f)
}
