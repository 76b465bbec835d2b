package raft

import "github.com/splitvote/splitvote/protocol"

// Elections: §5.2 and §5.4.1 of the paper; PreVote: thesis §9.6; refusing votes while a leader is
// heard: thesis §4.2.3.

// ballot is a peer's response to this node's candidacy.
type ballot uint8

const (
	silent ballot = iota
	granted
	refused
)

// preCampaign asks every member whether an election would succeed. It changes nothing durable.
func (n *node) preCampaign() {
	n.role, n.leader = preCandidate, ""
	n.resetTimer()
	n.poll(&Vote{Term: n.hard.Term + 1, Last: n.log.last(), LastTerm: n.log.lastTerm(), Pre: true})
}

// campaign enters a new term as a candidate.
func (n *node) campaign(transfer bool) {
	n.role, n.leader = candidate, ""
	n.point = max(n.point, pointCampaign)
	n.hard = HardState{Term: n.hard.Term + 1, Vote: n.id}
	n.resetTimer()
	n.poll(&Vote{Term: n.hard.Term, Last: n.log.last(), LastTerm: n.log.lastTerm(), Transfer: transfer})
}

func (n *node) poll(v *Vote) {
	for i := range n.peers {
		n.peers[i].ballot = silent
		n.send(n.peers[i].id, v)
	}
	n.tally()
}

// tally acts once the ballots are decisive.
func (n *node) tally() {
	yes, no := 0, 0
	if n.voter {
		yes = 1
	}
	for i := range n.peers {
		switch n.peers[i].ballot {
		case granted:
			yes++
		case refused:
			no++
		}
	}
	switch {
	case yes >= n.quorum() && n.role == preCandidate:
		n.campaign(false)
	case yes >= n.quorum():
		n.lead()
	case no >= n.quorum():
		n.role = follower // a candidacy refused by a majority is over; the timer runs on
	}
}

func (n *node) vote(from protocol.NodeID, v *Vote) {
	loyal := n.quiet > 0 || n.role == leader
	switch {
	case v.Pre:
		if loyal || v.Term <= n.hard.Term || !n.upToDate(v) {
			n.send(from, &Voted{Term: n.hard.Term, Pre: true})
		} else {
			n.send(from, &Voted{Term: v.Term, Pre: true, Granted: true})
		}
		return
	case v.Term > n.hard.Term && loyal && n.checkQuorum && !v.Transfer:
		return // even the term is ignored, so that nobody disturbs a leader that is heard
	case v.Term > n.hard.Term:
		n.follow(v.Term, "")
	}
	free := n.hard.Vote == "" || n.hard.Vote == from || (n.bug.twoVotesATerm && n.role == follower)
	if v.Term == n.hard.Term && free && n.upToDate(v) {
		n.hard.Vote = from
		n.role = follower
		n.resetTimer()
		n.point = max(n.point, pointVote)
		n.send(from, &Voted{Term: n.hard.Term, Granted: true})
		return
	}
	n.send(from, &Voted{Term: n.hard.Term})
}

// upToDate reports whether the candidate's log is at least as up-to-date as ours (§5.4.1).
func (n *node) upToDate(v *Vote) bool {
	switch {
	case n.bug.voteWithoutLogCheck:
		return true
	case n.bug.voteByLength:
		return v.Last >= n.log.last()
	}
	return v.LastTerm > n.log.lastTerm() || (v.LastTerm == n.log.lastTerm() && v.Last >= n.log.last())
}

func (n *node) voted(from protocol.NodeID, v *Voted) {
	if n.bug.higherVoteCounts && v.Term > n.hard.Term && n.role == candidate {
		v = &Voted{Term: n.hard.Term, Granted: true}
	}
	switch {
	case v.Pre && v.Granted:
		if n.role != preCandidate || v.Term != n.hard.Term+1 {
			return
		}
	case v.Term > n.hard.Term:
		n.follow(v.Term, "")
		return
	case v.Pre && n.role != preCandidate, !v.Pre && n.role != candidate:
		return
	case !v.Pre && v.Term != n.hard.Term && !n.bug.staleVoteCounts:
		return
	}
	p := n.peer(from)
	if p == nil {
		return
	}
	p.ballot = refused
	if v.Granted {
		p.ballot = granted
	}
	n.tally()
}

// lead starts the new term with a no-op. Only after committing an entry of its own term does a
// leader
// know what is committed (§8), and only then can it commit entries of earlier terms (§5.4.2).
func (n *node) lead() {
	n.role, n.leader = leader, n.id
	n.point = max(n.point, pointLead)
	n.ticks = 0
	n.reading = reading{}
	for i := range n.peers {
		p := &n.peers[i]
		*p = peer{id: p.id, voter: true, next: n.log.last() + 1, probing: true}
	}
	n.first = n.log.last() + 1
	n.write(Entry{Term: n.hard.Term})
	n.newRound()
	n.advance()
}

// leaderTick sends the heartbeats, and steps down if the leader no longer hears a majority (thesis
// §6.2).
func (n *node) leaderTick() {
	n.ticks++
	n.transferTick()
	n.joinTick()
	if n.checkQuorum {
		if heard := n.agreed(n.ticks, peerHeard); n.ticks-heard > n.majorityTimeout {
			n.follow(n.hard.Term, "")
			return
		}
	}
	if n.ticks-n.beaten >= n.heartbeat {
		n.newRound()
	}
}
