package paxos

import "github.com/splitvote/splitvote/protocol"

// proposer carries out one key's requests. It gets a majority to promise a ballot, applies the
// requests
// to the newest value that they have accepted, and gets a majority to accept the result.
type proposer struct {
	bug    *bugs
	phase  phase
	ballot Ballot  // the latest; the zero Ballot before the first since a restart
	heard  members // those that have promised

	base  Ballot // the highest ballot accepted by the acceptors that promised
	state []byte // and its value
	value []byte // the value proposed to replace it

	waiting []request // for the next ballot
	batch   []request // those that the proposed value carries out

	outbid uint64 // the highest round heard of in a refusal
	duels  uint64 // lost since a value was last chosen
	pause  uint64 // ticks until the next ballot; 0: to be drawn
	idle   uint64 // ticks since the phase's message was last sent
}

type phase uint8

const (
	idle      phase = iota
	preparing       // phase 1
	accepting       // phase 2
	yielding        // outbid, and pausing to let the other through
)

// request is a client's request, from its arrival to its answer.
type request struct {
	id         uint64
	command    []byte
	readOnly   bool
	repeatable bool // it can be carried out again: it changes nothing, or its session recognises it
	sent       bool // it was part of a proposal, which an acceptor may pass on
	age        uint64
	result     []byte // once it is in a batch
}

// open begins a ballot above all that the proposer has heard of. The node's own acceptor promises
// it in
// the same Step. That promise is on disk before anyone hears of the ballot, so a restarted node
// does
// not use the ballot again.
func (p *proposer) open(id protocol.NodeID, own *acceptor) Ballot {
	round := max(own.promised.Round, p.outbid) + 1
	if p.bug.ballotReused && p.ballot.Round == 0 && own.promised.Node == id && p.outbid < round {
		round-- // its own last round, according to its disk
	}
	p.phase, p.heard, p.idle, p.pause = preparing, members{}, 0, 0
	p.ballot, p.base, p.state = Ballot{round, id}, Ballot{}, nil
	return p.ballot
}

// promised records a promise and returns how many there are. The reported value of the highest
// ballot must be kept (P2c): if any value was chosen, it is that one, or that one is a change of
// it.
func (p *proposer) promised(member int, b, accepted Ballot, value []byte) int {
	if b != p.ballot && !p.bug.latePromiseCounts {
		return p.heard.count
	}
	newer := p.base.less(accepted)
	switch {
	case p.bug.latestValueWins:
		newer = accepted.Round > 0
	case p.bug.ownValueWins:
		newer = p.heard.count == 0
	}
	if newer {
		p.base, p.state = accepted, value
	}
	p.heard.add(member)
	return p.heard.count
}

// change applies the waiting requests to the value from the promises. The result is the value to
// propose.
func (p *proposer) change(m protocol.Machine) error {
	if err := m.Restore(p.state); err != nil {
		return err
	}
	changed := false
	for i := range p.waiting {
		r := &p.waiting[i]
		r.sent = true
		if r.readOnly {
			r.result = m.Query(r.command)
			continue
		}
		r.result = m.Apply(r.command)
		changed = true
	}
	p.batch, p.waiting = append(p.batch, p.waiting...), p.waiting[:0]
	p.phase, p.idle = accepting, 0
	p.value = p.state // the identity, if nothing changes: the same value under a higher ballot
	if changed {
		p.value = m.Snapshot()
	}
	return nil
}

// commands returns those of the batch.
func (p *proposer) commands() [][]byte {
	all := make([][]byte, len(p.batch))
	for i := range p.batch {
		all[i] = p.batch[i].command
	}
	return all
}

// yield gives the ballot up. Requests that can be carried out again wait for the next ballot. The
// others are returned, because their outcome is unknown.
func (p *proposer) yield(to Ballot) (lost []request) {
	p.phase, p.pause = yielding, 0
	p.outbid = max(p.outbid, to.Round)
	p.duels++
	var again []request
	for _, r := range p.batch {
		if r.repeatable {
			again = append(again, r)
		} else {
			lost = append(lost, r)
		}
	}
	p.batch, p.waiting = p.batch[:0], append(again, p.waiting...)
	return lost
}

// rested lets one tick of the pause pass and reports whether it is over. The longer a duel lasts,
// the
// longer its pauses can be.
func (p *proposer) rested(draw, longest uint64) bool {
	if p.pause == 0 {
		p.pause = 1 + draw%min(1<<min(p.duels, 16), longest)
	}
	p.pause--
	return p.pause == 0
}
