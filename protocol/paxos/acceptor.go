package paxos

// acceptor is one key's memory of what its node has promised and accepted: the part that must survive a crash, and on which
// all safety rests.
type acceptor struct {
	bug      *bugs
	promised Ballot // it accepts nothing below
	accepted Ballot // of value; the zero Ballot if nothing was accepted
	value    []byte
}

// prepare promises to accept nothing below b, unless more was promised already (P1a). An acceptor that has promised b
// promises it again: the first answer may be lost.
func (a *acceptor) prepare(b Ballot) bool {
	if a.below(b, a.promised) && !a.bug.promiseFalls {
		return false
	}
	if a.bug.oneBallot && a.accepted.Round > 0 {
		a.accepted = a.promised
	}
	a.promised = b
	return true
}

// accept accepts a value under b, unless it was promised not to. Whether b was promised before does not matter.
func (a *acceptor) accept(b Ballot, value []byte) bool {
	switch {
	case a.below(b, a.promised) && !a.bug.acceptsBelowPromise,
		a.bug.acceptNeedsPrepare && b != a.promised:
		return false
	}
	if !a.bug.acceptIsNoPromise && a.promised.less(b) {
		a.promised = b
	}
	a.accepted, a.value = b, value
	return true
}

func (a *acceptor) below(b, c Ballot) bool {
	if a.bug.ballotsWithoutNames {
		return b.Round < c.Round
	}
	return b.less(c)
}
