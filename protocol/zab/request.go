package zab

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/fifo"
)

// Clients' writes. A leader proposes what it is asked; a follower forwards it, and answers when it has applied the
// transaction itself, so that a client reads its own write where it wrote. Once a request may have left, what became of it
// is known only from the history: who loses its leader, or abandons its epoch, cannot say.

// requests are what clients have asked of this node while it follows one leader, or leads one epoch.
type requests struct {
	made  uint64              // how many
	asked fifo.Queue[request] // that wait for their transactions to be applied
}

// request is a client's write.
type request struct {
	id      uint64 // the client's
	number  uint64 // on this channel, from 1
	command []byte
}

// request takes a client's write.
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

// origin names a request of this node, as no other ever is named.
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

// forwarded takes a follower's request: each once, in their order, as on the paper's channels.
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

// answerRequest answers whoever asked here for the transaction that was just applied.
func (n *node) answerRequest(of Origin, result []byte) {
	if n.asked.Len() > 0 && of == n.origin(*n.asked.Front()) {
		n.done(n.asked.Pop().id, result)
	}
}

// dropRequests answers what can no longer be known.
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
