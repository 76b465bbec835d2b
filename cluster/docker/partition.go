package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/docker/netfault"
	"github.com/splitvote/splitvote/history"
)

// link is a direction between two nodes.
type link struct{ from, to history.NodeID }

// Partition cuts links in the receivers' kernels, in place of what was cut before. The proof is the
// rules that the kernels then hold.
func (c *Cluster) Partition(ctx context.Context, cut history.Grudge) (cluster.Proof, error) {
	for to, from := range cut {
		for _, id := range append([]history.NodeID{to}, from...) {
			if _, err := c.node(id); err != nil {
				return cluster.Proof{}, err
			}
		}
	}
	c.cutting.Lock()
	defer c.cutting.Unlock()
	return c.apply(ctx, cut)
}

// Heal lifts every cut. The proof is what the kernels dropped since the last heal.
func (c *Cluster) Heal(ctx context.Context) (cluster.Proof, error) {
	c.cutting.Lock()
	defer c.cutting.Unlock()
	whole := len(c.cut) == 0 && len(c.lost) == 0
	p, err := c.apply(ctx, nil)
	switch {
	case err != nil || !p.Bit:
		return p, err
	case whole:
		return cluster.Proof{Text: "nothing was cut"}, nil
	}
	p = toll(c.lost)
	clear(c.lost)
	return p, nil
}

// apply changes what every node does not hear, at all nodes at once, and compares what their
// kernels then hold with what they should. c.cutting is held.
func (c *Cluster) apply(ctx context.Context, cut history.Grudge) (cluster.Proof, error) {
	c.cut = cut // even if it fails: a node that is started later takes its part of what is wanted
	for _, n := range c.nodes {
		if err := c.refresh(ctx, n); err != nil {
			return cluster.Proof{}, err
		}
	}
	answers := make([]netfault.Answer, len(c.nodes))
	errs := make([]error, len(c.nodes))
	var work sync.WaitGroup
	for i, n := range c.nodes {
		work.Go(func() {
			if s := n.neighbour(); s != nil {
				answers[i], errs[i] = s.request(ctx, netfault.Request{Cut: c.deaf(n)})
			}
		})
	}
	work.Wait()
	exact := true
	var held, down []string
	for i, n := range c.nodes {
		switch {
		case errs[i] != nil:
			errs[i] = fmt.Errorf("docker: cut off %s: %w", n.id, errs[i])
			continue
		case n.neighbour() == nil && len(cut[n.id]) > 0:
			down = append(down, fmt.Sprintf("; %s is down and hears nobody", n.id))
		case n.neighbour() != nil:
			exact = exact && same(answers[i].Has, c.deaf(n))
		}
		c.count(n, answers[i].Had)
		n.named = c.names(cut[n.id])
		held = append(held, n.drops(answers[i].Has)...)
	}
	return cluster.Proof{
		Bit: exact && (len(held) > 0 || len(cut) == 0),
		Text: "read back from the kernels: " + cmp.Or(strings.Join(held, "; "), "nothing is dropped") +
			strings.Join(down, ""),
	}, errors.Join(errs...)
}

// cutAgain sees to it that a node just started is cut off as it should be: in its old namespace it
// still is (D1), in a new one it is cut anew. The proof is what its kernel holds.
func (c *Cluster) cutAgain(ctx context.Context, n *node, started time.Time) (cluster.Proof, error) {
	c.cutting.Lock()
	defer c.cutting.Unlock()
	switch {
	case len(c.cut) == 0:
		return cluster.Proof{Bit: true}, c.refresh(ctx, n)
	case c.found():
		// All nodes, not this one alone: it may have a new address.
		p, err := c.apply(ctx, c.cut)
		p.Text = fmt.Sprintf("; cut again after %v, %s", time.Since(started).Round(time.Millisecond), p.Text)
		return p, err
	}
	a, err := n.neighbour().request(ctx, netfault.Request{Look: true})
	if err != nil {
		return cluster.Proof{}, fmt.Errorf("docker: look at %s: %w", n.id, err)
	}
	p := cluster.Proof{Bit: same(a.Has, c.deaf(n))}
	for _, held := range n.drops(a.Has) {
		p.Text = "; in its kernel still " + held
	}
	return p, nil
}

// deaf is what a node's kernel is to drop under the present cut.
func (c *Cluster) deaf(n *node) []netfault.Link {
	var l []netfault.Link
	for ip := range c.names(c.cut[n.id]) {
		l = append(l, netfault.Link{From: ip, Port: n.cutPort})
	}
	return l
}

// names says whose the present addresses of some nodes are.
func (c *Cluster) names(ids []history.NodeID) map[netip.Addr]history.NodeID {
	names := map[netip.Addr]history.NodeID{}
	for _, n := range c.nodes {
		if slices.Contains(ids, n.id) {
			for _, ip := range n.addresses() {
				names[ip] = n.id
			}
		}
	}
	return names
}

// count adds to the toll what a node's kernel dropped.
func (c *Cluster) count(n *node, had []netfault.Rule) {
	for _, r := range had {
		c.lost[link{n.named[r.From], n.id}] += r.Packets
	}
}

// drops says in words what a node's kernel drops.
func (n *node) drops(rules []netfault.Rule) []string {
	var from []string
	for _, r := range rules {
		from = append(from, string(n.named[r.From]))
	}
	if len(from) == 0 {
		return nil
	}
	slices.Sort(from)
	return []string{fmt.Sprintf("%s drops %s", n.id, strings.Join(slices.Compact(from), " "))}
}

// same reports whether a kernel holds the links wanted and no others.
func same(rules []netfault.Rule, want []netfault.Link) bool {
	if len(rules) != len(want) {
		return false
	}
	return !slices.ContainsFunc(rules, func(r netfault.Rule) bool { return !slices.Contains(want, r.Link) })
}

// toll says what was lost. Where nothing was, there is no proof that the cut mattered.
func toll(lost map[link]uint64) cluster.Proof {
	var total uint64
	var each []string
	order := func(a, b link) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) }
	for _, l := range slices.SortedFunc(maps.Keys(lost), order) {
		if lost[l] > 0 {
			total += lost[l]
			each = append(each, fmt.Sprintf("%s→%s %d", l.from, l.to, lost[l]))
		}
	}
	if total == 0 {
		return cluster.Proof{Text: "the kernels dropped nothing: no packet came to the cut"}
	}
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("the kernels dropped %d packets: %s", total,
		strings.Join(each, ", "))}
}
