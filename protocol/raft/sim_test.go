package raft_test

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// defaults are the options of the protocol, with some replaced.
func defaults(changes map[string]string) map[string]string {
	values := raft.Protocol().Defaults()
	maps.Copy(values, changes)
	return values
}

// weather says what befalls a simulated cluster. Chances are per thousand: of a message for loss
// and twice, of an output for crashes, of a millisecond for the rest.
type weather struct {
	loss, twice, crashes, cuts, pauses, changes, transfers int
	delay                                                  int // of a message, at most, in milliseconds
	disk                                                   int // of a write, at most, in milliseconds
	skew                                                   int // of a node's ticks, at most, in per cent
}

// sim is a small cluster in virtual milliseconds, wholly decided by its seed. A crash loses what is
// not yet on disk.
type sim struct {
	*rand.Rand
	weather
	protocol   protocol.Protocol
	config     protocol.Config
	watch      protocol.Invariants
	nodes      []*simNode
	now        int
	events     events
	sequence   uint64
	cut        []bool // from*len(nodes)+to
	cutUntil   int
	calls      map[uint64]*call
	nextID     uint64
	acked      uint64 // the greatest result of any call so far
	rejected   map[string]bool
	dones      int
	reads      int
	leaders    map[uint64]protocol.NodeID // by term
	points     map[string]int
	trace      uint64 // a hash of all that happened
	faultsDone bool
}

type simNode struct {
	index   int
	id      protocol.NodeID
	core    protocol.Core
	machine *bundledtest.Journal
	life    int
	disk    []protocol.Record
	busy    int // until when the disk is at work
	queued  int // outputs that wait for it
	paused  int // until when it does nothing
	rate    int // of its ticks, in per cent
}

type call struct {
	node    int
	life    int
	command []byte
	read    bool
	floor   uint64 // the least result that a linearizable read may have
}

type event struct {
	at       int
	sequence uint64
	do       func() error
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || (e[i].at == e[j].at && e[i].sequence < e[j].sequence)
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}

const tick = 25 // milliseconds

func newSim(seed uint64, members, spare int, w weather, options map[string]string, bug string) (*sim, error) {
	p := raft.Protocol()
	s := &sim{
		Rand: rand.New(rand.NewPCG(seed, 1)), weather: w, protocol: p, watch: p.Invariants(),
		config: protocol.Config{Options: defaults(options), Bug: bug},
		calls:  map[uint64]*call{}, rejected: map[string]bool{},
		leaders: map[uint64]protocol.NodeID{}, points: map[string]int{},
	}
	for i := range members + spare {
		n := &simNode{index: i, id: protocol.NodeID(fmt.Sprintf("n%d", i+1)), rate: 100}
		if w.skew > 0 {
			n.rate += s.IntN(2*w.skew+1) - w.skew
		}
		s.nodes = append(s.nodes, n)
		if i < members {
			s.config.Members = append(s.config.Members, n.id)
		}
	}
	s.cut = make([]bool, len(s.nodes)*len(s.nodes))
	for _, n := range s.nodes {
		if err := s.start(n); err != nil {
			return nil, err
		}
	}
	s.at(1, s.chance)
	s.at(1, s.client)
	return s, nil
}

func (s *sim) at(after int, do func() error) {
	s.sequence++
	heap.Push(&s.events, event{s.now + after, s.sequence, do})
}

func (s *sim) note(v ...any) {
	h := fnv.New64a()
	fmt.Fprint(h, s.trace, s.now, v)
	s.trace = h.Sum64()
}

// run goes on for some milliseconds, or to the first thing that is wrong.
func (s *sim) run(ms int) error {
	end := s.now + ms
	for len(s.events) > 0 && s.events[0].at <= end {
		e := heap.Pop(&s.events).(event)
		s.now = e.at
		if err := e.do(); err != nil {
			return fmt.Errorf("at %d ms: %w", s.now, err)
		}
	}
	s.now = end
	return nil
}

func (s *sim) start(n *simNode) error {
	n.machine = &bundledtest.Journal{}
	c := s.config
	c.ID, c.Machine = n.id, n.machine
	core, err := s.protocol.New(c, n.disk)
	if err != nil {
		return err
	}
	n.core = core
	n.life++
	life := n.life
	var ticks func() error
	ticks = func() error {
		if n.core == nil || n.life != life {
			return nil
		}
		s.at(max(1, tick*100/n.rate), ticks)
		if s.now < n.paused {
			return nil
		}
		return s.step(n, protocol.Tick{Draw: s.Uint64()})
	}
	s.at(s.IntN(tick)+1, ticks)
	return s.watch.Restarted(n.id, core)
}

func (s *sim) crash(n *simNode) {
	s.note("crash", n.id)
	n.core = nil
	n.busy, n.queued = 0, 0
	for id, c := range s.calls {
		if c.node == n.index && c.life == n.life {
			delete(s.calls, id)
		}
	}
	s.at(50+s.IntN(1500), func() error { return s.start(n) })
}

// step takes one step and carries out its output, unless the node crashes before or in the midst
// of it.
func (s *sim) step(n *simNode, in protocol.Input) error {
	out := n.core.Step(in)
	s.points[out.Point]++
	if err := s.watch.After(n.id, n.core, in, &out); err != nil {
		return err
	}
	for _, e := range out.Apply {
		if s.rejected[string(e.Command)] {
			return fmt.Errorf("P5: %s applied %x, which was rejected", n.id, e.Command)
		}
	}
	st := n.core.Status()
	if st.Role == "leader" {
		s.leaders[st.Term] = n.id
	}
	if len(out.Persist) == 0 && len(out.Send) == 0 && len(out.Reply) == 0 {
		return nil
	}
	persist, send, reply := slices.Clone(out.Persist), slices.Clone(out.Send), slices.Clone(out.Reply)
	s.note(n.id, out.Point, len(persist), len(send), len(reply))
	for _, m := range send {
		s.note(m.To, m.Body)
	}
	crash := !s.faultsDone && s.IntN(1000) < s.crashes*pointWeight(out.Point)
	life := n.life
	wait := 0
	if len(persist) > 0 {
		wait = s.IntN(s.disk + 1)
	}
	n.busy = max(n.busy, s.now+wait)
	if out.Unsynced {
		if err := s.leave(n, send, reply); err != nil {
			return err
		}
		send, reply = nil, nil
	}
	if n.queued == 0 && n.busy == s.now && !crash {
		n.write(persist)
		return s.leave(n, send, reply)
	}
	n.queued++
	s.at(n.busy-s.now, func() error {
		if n.core == nil || n.life != life {
			return nil
		}
		n.queued--
		if crash {
			n.write(persist[:s.IntN(len(persist)+1)])
			s.crash(n)
			return nil
		}
		n.write(persist)
		return s.leave(n, send, reply)
	})
	return nil
}

// pointWeight makes crashes likelier at the moments that matter.
func pointWeight(point string) int {
	switch point {
	case "vote", "truncate", "lead", "snapshot", "install-snapshot", "reconfigure", "step-down":
		return 10
	case "propose":
		return 4
	case "append", "commit":
		return 2
	}
	return 1
}

func (n *simNode) leads() bool { return n.core != nil && n.core.Status().Role == "leader" }

func (n *simNode) write(records []protocol.Record) {
	for _, r := range records {
		if r.Checkpoint {
			n.disk = n.disk[:0:0]
		}
		n.disk = append(n.disk, r)
	}
}

func (s *sim) leave(n *simNode, send []protocol.Message, reply []protocol.Reply) error {
	for _, m := range send {
		copies := 1
		if s.IntN(1000) < s.twice {
			copies = 2
		}
		to := s.node(m.To)
		for range copies {
			if s.cut[n.index*len(s.nodes)+to.index] || s.IntN(1000) < s.loss {
				continue
			}
			delay := 1 + s.IntN(s.delay)
			if s.IntN(100) < 5 {
				delay += s.IntN(100 * s.delay)
			}
			var arrive func() error
			arrive = func() error {
				if to.core == nil || s.cut[n.index*len(s.nodes)+to.index] {
					return nil
				}
				if s.now < to.paused {
					s.at(to.paused-s.now+s.IntN(3), arrive)
					return nil
				}
				return s.step(to, protocol.Receive{Message: m})
			}
			s.at(delay, arrive)
		}
	}
	for _, r := range reply {
		if err := s.reply(n, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *sim) node(id protocol.NodeID) *simNode {
	return s.nodes[slices.IndexFunc(s.nodes, func(n *simNode) bool { return n.id == id })]
}

func (s *sim) reply(n *simNode, r protocol.Reply) error {
	s.note(n.id, r)
	c := s.calls[r.ID]
	if c == nil {
		return fmt.Errorf("P4: %s answered %d, which is answered already or was never asked", n.id, r.ID)
	}
	delete(s.calls, r.ID)
	switch {
	case r.Outcome == protocol.Rejected && c.command != nil && !c.read:
		s.rejected[string(c.command)] = true
		for _, n := range s.nodes {
			if slices.ContainsFunc(n.machine.Commands, func(k []byte) bool { return string(k) == string(c.command) }) {
				return fmt.Errorf("P5: %x was rejected by %s, but %s has applied it", c.command, r.Leader, n.id)
			}
		}
	case r.Outcome == protocol.Done && len(r.Result) == 8:
		got := binary.BigEndian.Uint64(r.Result)
		if got < c.floor || (!c.read && got <= c.floor) {
			return fmt.Errorf("not linearizable: %s answered %d, but %d was acknowledged before it was asked",
				n.id, got, c.floor)
		}
		if s.acked = max(s.acked, got); c.read {
			s.reads++
		} else {
			s.dones++
		}
	}
	return nil
}

func (s *sim) ask(n *simNode, c *call, in func(id uint64) protocol.Input) error {
	s.nextID++
	c.node, c.life, c.floor = n.index, n.life, s.acked
	s.calls[s.nextID] = c
	return s.step(n, in(s.nextID))
}

// client sends requests to whoever leads, and now and then to anyone.
func (s *sim) client() error {
	s.at(1+s.IntN(20), s.client)
	n := s.nodes[s.IntN(len(s.nodes))]
	if s.IntN(4) > 0 {
		for _, other := range s.nodes { // a deposed leader may still think that it leads: ask it too
			if other.leads() && (!n.leads() || s.IntN(2) == 0) {
				n = other
			}
		}
	}
	if n.core == nil {
		return nil
	}
	if s.now < n.paused {
		s.at(n.paused-s.now, func() error { return s.request(n) })
		return nil
	}
	return s.request(n)
}

func (s *sim) request(n *simNode) error {
	if n.core == nil {
		return nil
	}
	read := s.IntN(2) == 0
	command := binary.BigEndian.AppendUint64(nil, s.nextID+1)
	return s.ask(n, &call{command: command, read: read}, func(id uint64) protocol.Input {
		return protocol.Propose{ID: id, Command: command, ReadOnly: read}
	})
}

// chance lets the weather strike, each millisecond.
func (s *sim) chance() error {
	s.at(1, s.chance)
	if s.faultsDone {
		return nil
	}
	if s.now >= s.cutUntil {
		clear(s.cut)
	}
	if s.IntN(1000) < s.cuts {
		s.cutUntil = s.now + 100 + s.IntN(2000)
		clear(s.cut)
		side := s.IntN(1 << len(s.nodes))
		oneWay := s.IntN(3) == 0
		for i := range s.nodes {
			for j := range s.nodes {
				a, b := side>>i&1, side>>j&1
				s.cut[i*len(s.nodes)+j] = a != b && (!oneWay || a == 1)
			}
		}
		s.note("cut", side, oneWay)
	}
	n := s.nodes[s.IntN(len(s.nodes))]
	if n.core == nil || s.now < n.paused {
		return nil
	}
	if s.IntN(1000) < s.pauses {
		n.paused = s.now + 100 + s.IntN(1500) // its ticks are lost, what is sent to it waits
	}
	other := s.nodes[s.IntN(len(s.nodes))].id
	switch k := s.IntN(1000); {
	case k < s.changes:
		return s.ask(n, &call{}, func(id uint64) protocol.Input {
			if members := n.core.Status().Members; slices.Contains(members, other) && len(members) > 2 {
				return protocol.Reconfigure{ID: id, Remove: other}
			}
			return protocol.Reconfigure{ID: id, Add: other}
		})
	case k < s.changes+s.transfers:
		return s.ask(n, &call{}, func(id uint64) protocol.Input { return protocol.Transfer{ID: id, To: other} })
	}
	return nil
}

// heal ends all faults.
func (s *sim) heal() {
	s.faultsDone = true
	s.weather = weather{delay: s.delay, disk: s.disk}
	clear(s.cut)
}
