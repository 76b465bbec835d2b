package paxos

import (
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

// How the three parts play together, from a request to its answer:
//
//	request ─► prepare ─► promised (majority) ─► propose ─► accepted (majority) ─► learn ─► answer
//	              ▲                │                              │
//	              └──── a pause ◄──┴────────── yield ◄────────────┘   outbid by another ballot

// request handles a client's request. Requests that arrive during a ballot go with the next one.
func (n *node) request(in protocol.Propose) {
	c, err := kv.Decode(in.Command)
	if err == nil {
		err = kv.Check(c.Object, c.F)
	}
	if err == nil && kv.Compound(c.Object) {
		err = fmt.Errorf("%s touches several keys, each of which is decided alone here", c.Object)
	}
	switch {
	case err != nil:
		n.refuse(in.ID, err)
		return
	case n.self < 0:
		n.reject(in.ID, "not a member")
		return
	}
	r := request{id: in.ID, command: in.Command, readOnly: in.ReadOnly, repeatable: in.ReadOnly || c.Session != ""}
	if n.bug.sessionsIgnored {
		c.Session = ""
		r.command = c.Encode()
	}
	i := n.instance(c.Key)
	i.proposer.waiting = append(i.proposer.waiting, r)
	if i.proposer.phase == idle {
		n.active = append(n.active, i)
		n.prepare(i)
	}
}

// prepare begins a ballot: phase 1.
func (n *node) prepare(i *instance) {
	b := i.proposer.open(n.id, &i.acceptor)
	n.point = max(n.point, pointPrepare)
	n.events = append(n.events, event{kind: began, key: i.key, ballot: b})
	n.promise(i, b)
	n.ask(i)
	n.promised(i, n.self, &Promise{Key: i.key, Ballot: b, Accepted: i.acceptor.accepted, Value: i.acceptor.value})
}

// promised continues to phase 2 once a majority has promised.
func (n *node) promised(i *instance, member int, m *Promise) {
	if i.proposer.promised(member, m.Ballot, m.Accepted, m.Value) >= n.majority {
		n.propose(i)
	}
}

// propose asks the acceptors to accept the changed value: phase 2. The node's own acceptor may have
// promised a higher ballot since.
func (n *node) propose(i *instance) {
	p := &i.proposer
	if i.acceptor.below(p.ballot, i.acceptor.promised) {
		n.yield(i, i.acceptor.promised)
		return
	}
	if err := p.change(n.machine); err != nil {
		// no node proposes such a value
		panic("paxos: the value of " + i.key + " that a majority brought: " + err.Error())
	}
	if n.bug.readsFromPromises && !slices.ContainsFunc(p.batch, func(r request) bool { return !r.readOnly }) {
		n.answer(i)
		return
	}
	n.point = max(n.point, pointPropose)
	n.events = append(n.events, event{kind: proposed, key: i.key, ballot: p.ballot, base: p.base, value: p.value,
		commands: p.commands()})
	i.learner.follow(p.ballot)
	n.accept(i, p.ballot, p.value)
	n.ask(i)
	n.accepted(i, n.self, p.ballot)
}

// accepted learns that the value is chosen once a majority has accepted it.
func (n *node) accepted(i *instance, member int, b Ballot) {
	count := i.learner.accepted(member, b)
	switch {
	case n.bug.learnsFromOne && count > 0:
	case n.bug.quorumsNeedNotMeet && count >= n.majority-1:
	case count < n.majority:
		return
	}
	n.learned++
	n.point = max(n.point, pointLearn)
	n.events = append(n.events, event{kind: learned, key: i.key, ballot: i.proposer.ballot})
	n.answer(i)
}

// answer answers the batch, and begins the next ballot if more requests wait.
func (n *node) answer(i *instance) {
	p := &i.proposer
	for _, r := range p.batch {
		n.done(r.id, r.result)
	}
	clear(p.batch)
	p.batch, p.duels = p.batch[:0], 0
	if len(p.waiting) > 0 {
		n.prepare(i)
		return
	}
	n.rest(i)
}

// rest makes the proposer idle.
func (n *node) rest(i *instance) {
	i.proposer.phase = idle
	n.active = slices.DeleteFunc(n.active, func(other *instance) bool { return other == i })
}

// yield gives the ballot up to a higher one.
func (n *node) yield(i *instance, to Ballot) {
	n.point = max(n.point, pointOutbid)
	for _, r := range i.proposer.yield(to) {
		n.giveUp(&r, "outbid")
	}
}

// tick advances requests and pauses by one tick, and resends messages.
func (n *node) tick(draw uint64) {
	for _, i := range slices.Clone(n.active) {
		p := &i.proposer
		p.batch = n.age(p.batch)
		p.waiting = n.age(p.waiting)
		switch {
		case len(p.batch)+len(p.waiting) == 0:
			n.rest(i)
		case p.phase == yielding:
			if p.rested(draw, n.backoff) {
				n.prepare(i)
			}
		default:
			if p.idle++; p.idle >= n.resend {
				p.idle = 0
				n.ask(i)
			}
		}
	}
}

// age advances requests by one tick and gives up those that have waited too long.
func (n *node) age(list []request) []request {
	kept := list[:0]
	for _, r := range list {
		if r.age++; r.age < n.timeout {
			kept = append(kept, r)
		} else {
			n.giveUp(&r, "not chosen in time")
		}
	}
	clear(list[len(kept):])
	return kept
}

// ask sends the message of the proposer's phase to members that have not answered.
func (n *node) ask(i *instance) {
	var body any
	heard := i.proposer.heard
	if i.proposer.phase == preparing {
		body = &Prepare{Key: i.key, Ballot: i.proposer.ballot}
	} else {
		heard = i.learner.heard
		body = &Accept{Key: i.key, Ballot: i.proposer.ballot, Value: i.proposer.value}
	}
	for k, id := range n.members {
		if k != n.self && !heard.has(k) {
			n.send(id, body)
		}
	}
}
