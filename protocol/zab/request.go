package zab

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/fifo"
)

// Clients' writes. A leader proposes them. A follower forwards them and answers once it has applied
// the
// transaction itself, so that a client reads its own writes there. Once a request may have left the
// node, only the history shows its outcome. A node that loses its leader or abandons its epoch
// cannot
// know it.

// requests are the client requests to this node while it follows one leader, or leads one epoch.
type requests struct {
	made  uint64              // number of requests
	asked fifo.Queue[request] // requests whose transactions are not applied yet
}

// request is a client's write.
type request struct {
	id      uint64 // the client's
	number  uint64 // on this channel, from 1
	command []byte
}

// request handles a client's write.
func (n *node) request(id uint64, command []byte) {
	if n.state == leading && n.full() {
		n.look()
		n.reject(id, "", "epoch is full")
		return
	}
	n.made++
	r := request{id, n.made, command}
	n.asked.Push(r)
	if n.state == leading {
		n.broadcast(n.origin(r), command)
		return
	}
	n.forward(r)
}

// origin returns the unique name of a request of this node.
func (n *node) origin(r request) Origin { return Origin{n.id, n.link, r.number} }

func (n *node) forward(r request) {
	n.send(n.leader, &Request{n.channel(), r.number, r.command})
}

// repeatRequests forwards again what may have been lost.
func (n *node) repeatRequests() {
	for _, r := range n.asked.All() {
		n.forward(r)
	}
}

// forwarded handles a follower's request. Each is proposed once, in order, as on the paper's
// channels.
func (n *node) forwarded(p *peer, b *Request) {
	repeated := b.Number != p.requested+1 && !n.bug.requestRepeated
	if n.phase != broadcast || p.stage != entered || repeated {
		return
	}
	if n.full() {
		n.look()
		return
	}
	p.requested = b.Number
	n.broadcast(Origin{p.id, p.link, b.Number}, b.Command)
}

// answerRequest answers the local client, if any, of the transaction that was just applied.
func (n *node) answerRequest(of Origin, result []byte) {
	if n.asked.Len() > 0 && of == n.origin(*n.asked.Front()) {
		n.done(n.asked.Pop().id, result)
	}
}

// dropRequests answers requests whose outcome can no longer be known.
func (n *node) dropRequests(reason string, certainlyNot bool) {
	for n.asked.Len() > 0 {
		id := n.asked.Pop().id
		if certainlyNot {
			n.reject(id, "", reason)
		} else {
			n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Unknown, Reason: reason})
		}
	}
}
