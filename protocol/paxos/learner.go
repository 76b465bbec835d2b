package paxos

// learner finds out that a value is chosen: that a majority of acceptors has accepted it under one ballot. Each node has
// its own, which is told of the node's own proposals: they need no other to be answered.
type learner struct {
	bug    *bugs
	ballot Ballot
	heard  members
}

// follow begins to wait for the acceptors of a ballot.
func (l *learner) follow(b Ballot) {
	l.ballot, l.heard = b, members{}
}

// accepted takes note that a member's acceptor has accepted under b. It says how many have done so under the ballot that
// it follows.
func (l *learner) accepted(member int, b Ballot) int {
	if b == l.ballot || l.bug.staleAcceptedCounts {
		l.heard.add(member)
	}
	return l.heard.count
}

// members are those that have answered.
type members struct {
	bits  uint64
	count int
}

const mostMembers = 64

func (m *members) add(member int) {
	if !m.has(member) {
		m.bits |= 1 << member
		m.count++
	}
}

func (m *members) has(member int) bool { return m.bits&(1<<member) != 0 }
