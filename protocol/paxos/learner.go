package paxos

// learner detects that a value is chosen: a majority of acceptors has accepted it under one ballot.
// It
// follows its own node's proposals only, which is enough to answer clients.
type learner struct {
	bug    *bugs
	ballot Ballot
	heard  members
}

// follow begins to wait for the acceptors of a ballot.
func (l *learner) follow(b Ballot) {
	l.ballot, l.heard = b, members{}
}

// accepted records that a member's acceptor has accepted under b. It returns how many have accepted
// under the current ballot.
func (l *learner) accepted(member int, b Ballot) int {
	if b == l.ballot || l.bug.staleAcceptedCounts {
		l.heard.add(member)
	}
	return l.heard.count
}

// members is the set of members that have answered.
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
