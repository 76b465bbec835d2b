package nemesis

import (
	"context"
	"fmt"
	"sync"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// free reports that no fault in force has stopped the node.
func (n *Nemesis) free(id history.NodeID) bool { return !n.down[id] && !n.paused[id] }

// strike harms every node of a fault in the same way and marks it, even if an error is returned,
// because the harm may have been done.
func strike(f *history.Fault, struck map[history.NodeID]bool, do func(history.NodeID) (cluster.Proof, error)) error {
	sum := tally{bit: true}
	for _, id := range f.Nodes {
		struck[id] = true
		proof, err := do(id)
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}

// mend undoes the harm on the nodes that are still marked, in parallel if the cluster can bear it:
// a restarted node may need the others to serve. A node that fails stays marked.
func (n *Nemesis) mend(f *history.Fault, struck map[history.NodeID]bool,
	undo func(history.NodeID) (cluster.Proof, error)) error {
	sum := tally{bit: f.Bit}
	proofs, errs := make([]cluster.Proof, len(f.Nodes)), make([]error, len(f.Nodes))
	each := func(i int) {
		defer func() {
			if p := recover(); p != nil {
				errs[i] = fmt.Errorf("panic: %v", p)
			}
		}()
		proofs[i], errs[i] = undo(f.Nodes[i])
	}
	_, parallel := n.cluster.(interface{ Parallel() })
	var work sync.WaitGroup
	for i, id := range f.Nodes {
		switch {
		case !struck[id]:
		case parallel:
			work.Go(func() { each(i) })
		default:
			each(i)
		}
	}
	work.Wait()
	for i, id := range f.Nodes {
		if !struck[id] {
			continue
		}
		if errs[i] == nil {
			delete(struck, id)
		}
		sum.add(string(id), proofs[i], errs[i])
	}
	return sum.conclude(f)
}

func (n *Nemesis) kill(ctx context.Context, f *history.Fault) error {
	f.Nodes = n.choose(f.Nodes)
	if len(f.Nodes) == 0 {
		return refused("kill: no node is up")
	}
	return strike(f, n.down, func(id history.NodeID) (cluster.Proof, error) {
		return n.cluster.(cluster.Killer).Kill(ctx, id)
	})
}

func (n *Nemesis) start(ctx context.Context, f *history.Fault) error {
	return n.mend(f, n.down, func(id history.NodeID) (cluster.Proof, error) {
		proof, err := n.cluster.(cluster.Killer).Start(ctx, id)
		return cluster.Proof{Bit: true, Text: proof.Text}, err // its death is proved already
	})
}

func (n *Nemesis) pause(ctx context.Context, f *history.Fault) error {
	f.Nodes = n.choose(f.Nodes)
	if len(f.Nodes) == 0 {
		return refused("pause: no node is up")
	}
	return strike(f, n.paused, func(id history.NodeID) (cluster.Proof, error) {
		return n.cluster.(cluster.Pauser).Pause(ctx, id)
	})
}

func (n *Nemesis) resume(ctx context.Context, f *history.Fault) error {
	return n.mend(f, n.paused, func(id history.NodeID) (cluster.Proof, error) {
		return n.cluster.(cluster.Pauser).Resume(ctx, id)
	})
}

func (n *Nemesis) cut(ctx context.Context, f *history.Fault) error {
	shape, _ := named(cuts, f.Shape)
	f.Cut = shape.cut(f.Nodes, n.nodes, f.Set)
	proof, err := n.cluster.(cluster.Partitioner).Partition(ctx, f.Cut)
	return network("partition", proof, err, f)
}

func (n *Nemesis) heal(ctx context.Context, f *history.Fault) error {
	proof, err := n.cluster.(cluster.Partitioner).Heal(ctx)
	return network("heal", proof, err, f)
}

func (n *Nemesis) worsen(ctx context.Context, f *history.Fault) error {
	l, err := link(f.Set)
	if err != nil {
		return refused(err.Error())
	}
	proof, err := n.cluster.(cluster.LinkBreaker).SetLinks(ctx, l)
	return network("links", proof, err, f)
}

func (n *Nemesis) calm(ctx context.Context, f *history.Fault) error {
	proof, err := n.cluster.(cluster.LinkBreaker).SetLinks(ctx, cluster.Link{})
	return network("links", proof, err, f)
}

// network concludes a fault of the network as a whole.
func network(what string, p cluster.Proof, err error, f *history.Fault) error {
	sum := tally{bit: true}
	sum.add(what, p, err)
	return sum.conclude(f)
}
