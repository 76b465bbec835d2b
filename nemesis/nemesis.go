package nemesis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Nemesis carries out the operations of a schedule on one cluster and records which harm is in
// force.
type Nemesis struct {
	cluster any
	nodes   []history.NodeID

	mu      sync.Mutex // a run that is cut short heals while its last fault may still be under way
	inForce []history.Fault
	down    map[history.NodeID]bool // killed, or set to crash, and not started again
	paused  map[history.NodeID]bool
	skew    map[history.NodeID]cluster.Skew // by clock and drift together
	slow    map[history.NodeID]bool         // whose disks are
	out     map[history.NodeID]bool         // of the membership
}

// New returns the nemesis of a cluster, whose powers are found by their interfaces.
func New(c any, nodes []history.NodeID) *Nemesis {
	return &Nemesis{
		cluster: c, nodes: nodes,
		down: map[history.NodeID]bool{}, paused: map[history.NodeID]bool{}, skew: map[history.NodeID]cluster.Skew{},
		slow: map[history.NodeID]bool{}, out: map[history.NodeID]bool{},
	}
}

// Apply carries out op, an operation of a [Schedule] or [Heal], and returns its completion. The
// completion's value is the history.Fault that began or ended, a list of them for heal-all, and
// null if nothing began or ended; what went wrong is in Err.
func (n *Nemesis) Apply(ctx context.Context, op history.Op) history.Op {
	n.mu.Lock()
	defer n.mu.Unlock()
	done := op
	done.Kind, done.Value = history.Info, json.RawMessage("null")
	var err error
	if op.F == history.HealAll {
		var ended []history.Fault
		ended, err = n.healAll(ctx)
		if len(ended) > 0 {
			done.Value = value(ended)
		}
	} else {
		var f *history.Fault
		f, err = n.one(ctx, op)
		if f != nil {
			done.Value = value(f)
		}
	}
	if err != nil {
		done.Err = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return done
}

// one begins or ends one fault. The fault is nil if nothing began or ended.
func (n *Nemesis) one(ctx context.Context, op history.Op) (*history.Fault, error) {
	for _, kind := range Kinds() {
		if op.F != kind.Start && op.F != kind.Stop {
			continue
		}
		var f history.Fault
		if err := json.Unmarshal(op.Value, &f); err != nil {
			return nil, fmt.Errorf("%s: value is not a fault: %w", op.F, err)
		}
		if !kind.can(n.cluster) {
			return nil, fmt.Errorf("%s: the cluster does not support it", op.F)
		}
		if op.F == kind.Start {
			return n.begin(ctx, kind, f)
		}
		return n.end(ctx, kind, f.ID)
	}
	return nil, fmt.Errorf("%s: unknown fault", op.F)
}

// refused is the reason why a fault cannot begin; nothing was harmed.
type refused string

func (r refused) Error() string { return string(r) }

func (n *Nemesis) begin(ctx context.Context, kind Kind, f history.Fault) (*history.Fault, error) {
	for _, other := range n.inForce {
		if other.Fault == kind.Name {
			return nil, fmt.Errorf("%s: number %d is still in force", kind.Start, other.ID)
		}
	}
	shape, ok := named(kind.Shapes, f.Shape)
	if !ok || len(f.Nodes) == 0 || slices.ContainsFunc(f.Nodes, func(id history.NodeID) bool {
		return !slices.Contains(n.nodes, id)
	}) {
		return nil, fmt.Errorf("%s: no shape %q of %v", kind.Start, f.Shape, f.Nodes)
	}
	f.Fault, f.Phase, f.Bit = kind.Name, history.Start, false
	if shape.Leader {
		if leader, ok := n.leader(ctx); ok {
			f.Nodes = []history.NodeID{leader}
		} else {
			f.Proof = "no leader was known"
		}
	}
	err := kind.begin(n, ctx, &f)
	if no := refused(""); errors.As(err, &no) {
		return nil, err
	}
	n.inForce = append(n.inForce, f)
	return &f, err
}

// end ends a fault that is in force. One that could not be ended completely stays in force, and
// heal-all tries again.
func (n *Nemesis) end(ctx context.Context, kind Kind, id int) (*history.Fault, error) {
	at := slices.IndexFunc(n.inForce, func(f history.Fault) bool { return f.ID == id && f.Fault == kind.Name })
	if at < 0 {
		return nil, nil
	}
	f := n.inForce[at]
	f.Phase, f.Proof = history.Stop, ""
	if err := kind.end(n, ctx, &f); err != nil {
		return nil, err
	}
	n.inForce = slices.Delete(n.inForce, at, at+1)
	return &f, nil
}

func (n *Nemesis) healAll(ctx context.Context) ([]history.Fault, error) {
	var ended []history.Fault
	var errs []error
	for _, f := range slices.Clone(n.inForce) {
		kind, _ := Named(f.Fault)
		switch stop, err := n.end(ctx, kind, f.ID); {
		case err != nil:
			errs = append(errs, err)
		case stop != nil:
			ended = append(ended, *stop)
		}
	}
	return ended, errors.Join(errs...)
}

// statusTimeout bounds the wait for a node to say which node leads.
const statusTimeout = 250 * time.Millisecond

// leader returns the leader according to the nodes that answer; the latest term counts.
func (n *Nemesis) leader(ctx context.Context) (leader history.NodeID, known bool) {
	observer, ok := n.cluster.(cluster.Observer)
	if !ok {
		return "", false
	}
	var term uint64
	for _, id := range n.nodes {
		if !n.free(id) {
			continue
		}
		soon, cancel := context.WithTimeout(ctx, statusTimeout)
		s, err := observer.Status(soon, id)
		cancel()
		if err == nil && s.Up && s.Leader != "" && (!known || s.Term > term) {
			leader, term, known = s.Leader, s.Term, true
		}
	}
	return leader, known && slices.Contains(n.nodes, leader)
}

// choose returns the nodes to stop: the named nodes that are free, and the next free nodes in
// place of the others. So no two faults stop the same node, and each fault ends what it began.
func (n *Nemesis) choose(named []history.NodeID) []history.NodeID {
	var chosen []history.NodeID
	for _, id := range named {
		at := slices.Index(n.nodes, id)
		for i := range n.nodes {
			other := n.nodes[(at+i)%len(n.nodes)]
			if i > 0 && slices.Contains(named, other) {
				continue
			}
			if n.free(other) && !slices.Contains(chosen, other) {
				chosen = append(chosen, other)
				break
			}
		}
	}
	return chosen
}

// tally sums up what the cluster reports about each harmed node, or about its network.
type tally struct {
	bit  bool
	text []string
	errs []error
}

func (t *tally) add(whom string, p cluster.Proof, err error) {
	t.bit = t.bit && p.Bit && err == nil
	if p.Text != "" {
		t.text = append(t.text, p.Text)
	}
	if err != nil {
		t.errs = append(t.errs, fmt.Errorf("%s: %w", whom, err))
	}
}

// conclude writes the sum into f.
func (t *tally) conclude(f *history.Fault) error {
	if f.Proof != "" {
		t.text = slices.Insert(t.text, 0, f.Proof)
	}
	f.Bit, f.Proof = t.bit, strings.Join(t.text, "; ")
	return errors.Join(t.errs...)
}
