package paxos

// acceptor is what a node has promised and accepted for one key. It must survive a crash, and all
// safety rests on it.
type acceptor struct {
	bug      *bugs
	promised Ballot // it accepts nothing below this
	accepted Ballot // of value; the zero Ballot if nothing was accepted
	value    []byte
}

// prepare promises to accept nothing below b, unless a higher ballot was promised already (P1a). An
// acceptor that has promised b promises it again, because the first answer can be lost.
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

// accept accepts a value under b, unless the acceptor has promised not to. It does not matter
// whether b
// itself was promised before.
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
