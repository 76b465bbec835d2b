package cluster

import (
	"time"

	"github.com/splitvote/splitvote/history"
)

// Retry is how a client carries out one call: it tries a node for at most Attempt, then perhaps
// another after Pause, and gives up after Timeout. It is a value; the simulator and the live
// backends interpret the same one.
type Retry struct {
	Timeout time.Duration // of the whole call
	Attempt time.Duration // of one attempt
	Pause   time.Duration // between attempts, if the last one named no leader
}

// DefaultRetry suits nodes whose elections take a quarter to half a second.
var DefaultRetry = Retry{Timeout: time.Second, Attempt: 400 * time.Millisecond, Pause: 20 * time.Millisecond}

// Call is the state of one call between attempts.
type Call struct {
	Node    history.NodeID // the node to ask next
	op      history.Op
	nodes   []history.NodeID
	start   time.Duration
	unknown string // why an earlier attempt may have had an effect, "" if none may
}

// NewCall starts a call at the node that op names.
func NewCall(op history.Op, nodes []history.NodeID, now time.Duration) Call {
	return Call{Node: op.Node, op: op, nodes: nodes, start: now}
}

// After handles the answer of an attempt that ended at now. Either the call is over and done is
// its completion, or another attempt is due at Node after wait.
func (c *Call) After(a Answer, r Retry, now time.Duration) (done history.Op, over bool, wait time.Duration) {
	if a.Op.Kind == history.Info && c.unknown == "" {
		c.unknown = a.Op.Err
		if c.unknown == "" {
			c.unknown = "unknown outcome"
		}
	}
	wait = r.Pause
	next := c.after(c.Node)
	if a.Leader != "" && a.Leader != c.Node {
		next, wait = a.Leader, 0
	}
	if a.Op.Kind == history.Ok || !a.Again || now+wait-c.start >= r.Timeout {
		return c.complete(a.Op), true, 0
	}
	c.Node = next
	return history.Op{}, false, wait
}

// complete combines all attempts: if one may have had an effect, a later fail becomes unknown.
func (c *Call) complete(op history.Op) history.Op {
	if op.Kind == history.Fail && c.unknown != "" {
		op.Kind, op.Err, op.Value = history.Info, c.unknown, c.op.Value
	}
	return op
}

func (c *Call) after(n history.NodeID) history.NodeID {
	for i, node := range c.nodes {
		if node == n {
			return c.nodes[(i+1)%len(c.nodes)]
		}
	}
	return c.nodes[0]
}
