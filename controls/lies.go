package controls

import "github.com/splitvote/splitvote/history"

// Lie is a kind of lie.
type Lie struct {
	Name string
	Doc  string // one sentence
	// send is asked before a call goes out. It returns what is sent instead, or done, the answer of
	// a call that is not sent. Both nil: the call goes out as it is.
	send func(l *Liar, asked history.Op) (sent, done *history.Op)
	// answer is asked when a call has completed. It returns what the client is told, and whether
	// that is a lie.
	answer func(l *Liar, asked, done history.Op) (history.Op, bool)
}

// All lists the kinds of lies.
func All() []Lie {
	return []Lie{
		{"stale-read", "a read is answered with what was seen before an acknowledged update", nil, staleRead},
		{"torn-snapshot", "one of several things read at once comes from an earlier moment", nil, tornSnapshot},
		{"other-key", "a read is answered with the value of another key", nil, otherKey},
		{"swapped-reads", "two reads under way together get each other's answers", nil, swappedReads},
		{"lost-update", "an update is acknowledged and never sent", lostUpdate, nil},
		{"doubled-update", "an acknowledged update is sent again, later", nil, doubledUpdate},
		{"false-failure", "an update that took effect is reported as failed", nil, falseFailure},
		{"false-success", "a conditional call that was refused is reported as carried out", nil, falseSuccess},
		{"repeated-answer", "an identifier, an element or a token is handed out twice", nil, repeatedAnswer},
	}
}

// Names lists the kinds by name.
func Names() []string {
	var names []string
	for _, lie := range All() {
		names = append(names, lie.Name)
	}
	return names
}

// Named returns the kind with the given name.
func Named(name string) (Lie, bool) {
	for _, lie := range All() {
		if lie.Name == name {
			return lie, true
		}
	}
	return Lie{}, false
}

func staleRead(l *Liar, asked, done history.Op) (history.Op, bool) {
	return l.reread(asked, done, func(p part, reads int) ([]byte, bool) { return l.stale(asked, p) }, all)
}

func tornSnapshot(l *Liar, asked, done history.Op) (history.Op, bool) {
	return l.reread(asked, done, func(p part, reads int) ([]byte, bool) {
		if reads < 2 {
			return nil, false
		}
		return l.stale(asked, p)
	}, one)
}

func otherKey(l *Liar, asked, done history.Op) (history.Op, bool) {
	return l.reread(asked, done, func(p part, reads int) ([]byte, bool) { return l.elsewhere(p) }, one)
}

// swappedReads keeps the first of two answers back until the second has come (see Liar.Next).
func swappedReads(l *Liar, asked, done history.Op) (history.Op, bool) {
	if done.F != "read" && done.F != "get" || done.Kind != history.Ok {
		return done, false
	}
	first := l.held
	if first == nil {
		l.hold(done)
		return done, false
	}
	if string(first.Value) == string(done.Value) {
		return done, false
	}
	first.Value, done.Value = done.Value, first.Value
	l.release()
	return done, true
}

func lostUpdate(l *Liar, asked history.Op) (sent, done *history.Op) {
	if !updates[asked.F] && asked.F != txn {
		return nil, nil
	}
	if asked.F == txn { // its reads are still made
		reads, writes := withoutWrites(asked.Value)
		switch {
		case writes == 0:
			return nil, nil
		case reads != nil:
			less := asked
			less.Value = reads
			return &less, nil
		}
	}
	answer := asked
	answer.Kind = history.Ok
	return nil, &answer
}

func doubledUpdate(l *Liar, asked, done history.Op) (history.Op, bool) {
	if done.Kind != history.Ok || !updates[asked.F] && len(written(asked)) == 0 || asked.F == "cas" {
		return done, false
	}
	l.later(asked)
	return done, true
}

func falseFailure(l *Liar, asked, done history.Op) (history.Op, bool) {
	if done.Kind != history.Ok || refused(done) || !updates[asked.F] && asked.F != "cas" && len(written(asked)) == 0 {
		return done, false
	}
	done.Kind, done.Value, done.Err = history.Fail, asked.Value, "refused"
	return done, true
}

func falseSuccess(l *Liar, asked, done history.Op) (history.Op, bool) {
	if !conditional[asked.F] || done.Kind != history.Fail && !refused(done) {
		return done, false
	}
	done.Kind, done.Err, done.Value = history.Ok, "", asked.Value
	if asked.F != "cas" { // a lock: the answer is a token
		token, ok := l.before(asked.Key, asked.F, nil)
		if !ok {
			return done, false
		}
		done.Value = token
	}
	return done, true
}

func repeatedAnswer(l *Liar, asked, done history.Op) (history.Op, bool) {
	if !handsOut[asked.F] || done.Kind != history.Ok || refused(done) || string(done.Value) == "null" {
		return done, false
	}
	again, ok := l.before(asked.Key, asked.F, done.Value)
	if !ok {
		return done, false
	}
	done.Value = again
	return done, true
}
