package splitvotetest

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/inprocess"
	"github.com/splitvote/splitvote/history"
)

// Cluster says how a member is started, and how it is dialled by a client.
type Cluster struct {
	Nodes int    // members, from 1 to 9; 0 is 3
	Name  string // of the system under test in reports; "" is the test's name
	// Start starts a member, or starts it again after a kill with the directory that the kill left.
	// It returns once the member runs; members are started at the same time.
	Start func(m Member) (Node, error)
	// Dial makes a client of one member for one logical client. It uses m.Dial, or m.Node to call
	// methods directly.
	Dial func(ctx context.Context, m Member) (Client, error)
}

// Member is a node as Start and Dial are given it: its name, its directory, its listener and its
// dialer.
type Member = inprocess.Member

// Node is a member that runs: anything with Close() error, which ends all that it has started. It
// may also have the methods of [Leader] and [Ended].
type Node = inprocess.Node

// Leader is a Node that knows who leads; some faults look for the leader.
type Leader = inprocess.Leader

// Ended is a Node that may end by itself; that it did is a finding.
type Ended = inprocess.Ended

// Op is a call: F is what is done (read, write, cas ...), Key to which object, Value with which
// argument, as JSON.
type Op = history.Op

// Client makes the calls of one logical client at one member, one at a time. A Client with
// Close() error is closed in the end; one with Calls() []string says which F it knows.
type Client interface {
	// Invoke makes a call. The result is what was returned, nil for a call that returns nothing.
	// An error leaves it open whether the call took effect, unless it comes from [Failed] or
	// [Elsewhere].
	Invoke(ctx context.Context, op Op) (result any, err error)
}

// ClientFunc is a function as a Client.
type ClientFunc func(ctx context.Context, op Op) (result any, err error)

// Invoke calls f.
func (f ClientFunc) Invoke(ctx context.Context, op Op) (any, error) { return f(ctx, op) }

// Failed marks the error of a call that certainly had no effect and never will. A timeout is not
// one: the call may still take effect.
func Failed(err error) error { return history.Failed(err) }

// Elsewhere marks the error of a call that had no effect because this member does not serve it. The
// call is tried again at the leader, or at another member where that is "".
func Elsewhere(err error, leader string) error {
	if err == nil {
		return nil
	}
	return history.Failed(elsewhere{err, leader})
}

type elsewhere struct {
	error
	leader string
}

func (e elsewhere) Unwrap() error { return e.error }

// adapter is a Client as the harness calls it.
type adapter struct{ Client }

func (a adapter) Invoke(ctx context.Context, op Op) cluster.Answer {
	result, err := a.Client.Invoke(ctx, op)
	answer := cluster.Answer{Op: op.Completed(result, err)}
	var other elsewhere
	if errors.As(err, &other) {
		answer.Again, answer.Leader = true, history.NodeID(other.leader)
	}
	return answer
}

func (a adapter) Close() error {
	if c, ok := a.Client.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// lacks are those of the calls that a client says it does not know.
func lacks(c Client, calls []string) []string {
	told, ok := c.(interface{ Calls() []string })
	if !ok {
		return nil
	}
	known := told.Calls()
	return slices.DeleteFunc(slices.Clone(calls), func(f string) bool { return slices.Contains(known, f) })
}
