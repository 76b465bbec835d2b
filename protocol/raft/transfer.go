package raft

import "github.com/splitvote/splitvote/protocol"

// Leadership transfer: thesis §3.10.

// transferring is a transfer in progress. The leader takes no proposals meanwhile, so that its
// successor can catch up.
type transferring struct {
	to    protocol.NodeID // "" if none is
	since uint64          // the tick at which it began
}

func (n *node) transfer(in protocol.Transfer) {
	p := n.peer(in.To)
	switch {
	case n.role != leader:
		n.reject(in.ID, n.leader, "not leader")
	case n.transferring.to != "":
		n.reject(in.ID, n.transferring.to, "transferring leadership")
	case in.To == n.id:
		n.done(in.ID, nil)
	case p == nil || !p.voter:
		n.reject(in.ID, n.id, "not a member")
	default:
		n.transferring = transferring{in.To, n.ticks}
		n.done(in.ID, nil)
		n.handOver()
	}
}

// handOver tells the successor to start an election once it has the whole log. From then on the
// leader
// has no lease for the rest of the term, because that election can come at any time.
func (n *node) handOver() {
	p := n.peer(n.transferring.to)
	if p == nil || p.match < n.log.last() {
		return
	}
	n.leaseLost = true
	n.send(p.id, &TimeoutNow{Term: n.hard.Term})
}

// transferTick gives up a transfer that takes longer than an election timeout.
func (n *node) transferTick() {
	if n.transferring.to != "" && n.ticks-n.transferring.since >= n.election {
		n.transferring = transferring{}
	}
}
