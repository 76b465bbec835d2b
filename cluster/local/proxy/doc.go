// Package proxy is a network between nodes on one host, in user space: each node dials each other
// one through a listener of its own, and what passes can be cut, delayed, lost, doubled and
// reordered. It needs no privilege.
//
//	P1  A frame (package node/frame) passes whole or not at all. The first frame of a connection,
//	    which says who speaks, always passes: it carries nothing of the protocol, and a connection
//	    without it would be of no use after the cut.
//	P2  A cut takes hold of a direction at the moment of delivery, of all links at once, and like
//	    a firewall that drops: connections stay, what is sent over them vanishes, neither side
//	    hears of the other's end, and a new connection is accepted even if nobody is there.
//	P3  Frames keep their order, save those that a link is told to reorder.
//	P4  A node that does not read is not read for: a full connection blocks its sender, as TCP
//	    does.
//	P5  A link that is held lets nothing arrive, nor the news of a connection's end. Once
//	    released, all of it arrives.
//
// Where nodes do not talk in frames, a connection is a stream of bytes of which nothing may be
// missing. Then a cut holds back what is sent until it is healed, as TCP's retransmissions would,
// and a link can be slow but not lossy.
package proxy
