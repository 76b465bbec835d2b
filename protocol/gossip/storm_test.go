package gossip_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/gossip"
	"github.com/splitvote/splitvote/protocol/kv"
)

var seeds = flag.Uint64("seeds", 12, "storms")

// storm is a cluster under all faults: messages are lost, repeated, late and reordered, links are
// cut,
// nodes crash and lose what they have not synced. A seed decides everything; time is in rounds.
type storm struct {
	*rand.Rand
	ids     []protocol.NodeID
	nodes   map[protocol.NodeID]*survivor
	options map[string]string
	bug     string
	blind   bool // to invariants
	flights []flight
	island  map[protocol.NodeID]bool // cut off from the rest, when not empty
	watch   protocol.Invariants
	round   int64
	trace   uint64
	points  map[string]int

	requests []request // by ID, from 1
}

type survivor struct {
	core    protocol.Core
	disk    []protocol.Record
	pending []protocol.Output // not yet durable, and what waits for it
}

type flight struct {
	at int64
	m  protocol.Message
}

// request is a client's call. One that was not answered may have been carried out.
type request struct {
	kv.Command
	answered bool
}

func newStorm(seed uint64, bug string, blind bool) (*storm, error) {
	s := &storm{
		Rand: rand.New(rand.NewPCG(seed, 7)), nodes: map[protocol.NodeID]*survivor{}, bug: bug, blind: blind,
		points:  map[string]int{},
		watch:   gossip.NewInvariants(),
		options: with(map[string]string{"checkpoint-every": []string{"20", "1000"}[seed%2]}),
	}
	if seed%4 == 3 {
		s.options["clock"] = "wall"
	}
	for i := range 2 + seed%4 {
		s.ids = append(s.ids, protocol.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	for _, id := range s.ids {
		s.nodes[id] = &survivor{}
		if err := s.start(id); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *storm) start(id protocol.NodeID) error {
	n := s.nodes[id]
	core, err := gossip.New(protocol.Config{ID: id, Members: s.ids, Options: s.options, Bug: s.bug}, n.disk)
	if err != nil {
		return err
	}
	n.core = core
	if err := s.watch.Restarted(id, core); err != nil && !s.blind {
		return err
	}
	return nil
}

func (s *storm) one(of int) bool { return s.IntN(of) == 0 }

func (s *storm) node() protocol.NodeID { return s.ids[s.IntN(len(s.ids))] }

// rage runs rounds with all faults; calm runs rounds with ticks and messages only.
func (s *storm) rage(rounds int) error { return s.run(rounds, true) }
func (s *storm) calm(rounds int) error { return s.run(rounds, false) }

func (s *storm) run(rounds int, rages bool) error {
	for range rounds {
		s.round++
		if rages {
			if err := s.strike(); err != nil {
				return err
			}
		}
		for _, id := range s.ids {
			if n := s.nodes[id]; n.core != nil && s.one(2) {
				s.sync(n)
			}
			if s.one(4) {
				if err := s.step(id, protocol.Tick{Wall: s.round * 1000, Draw: s.Uint64()}); err != nil {
					return err
				}
			}
		}
		for i := 0; i < len(s.flights); {
			f := s.flights[i]
			if f.at > s.round {
				i++
				continue
			}
			s.flights = slices.Delete(s.flights, i, i+1)
			if s.island[f.m.From] != s.island[f.m.To] {
				continue
			}
			if err := s.step(f.m.To, protocol.Receive{Message: f.m}); err != nil {
				return err
			}
		}
	}
	return nil
}

// strike is a call, a crash, a restart or a cut.
func (s *storm) strike() error {
	id := s.node()
	switch n := s.nodes[id]; {
	case s.one(3):
		return s.call(id)
	case n.core == nil && s.one(10):
		return s.start(id)
	case n.core != nil && s.one(60):
		n.core, n.pending = nil, nil
	case s.one(100):
		s.island = map[protocol.NodeID]bool{}
		for _, id := range s.ids {
			s.island[id] = s.one(2)
		}
	case s.one(300):
		s.island = nil
	}
	return nil
}

// heal restarts every node and repairs every link.
func (s *storm) heal() error {
	s.island = nil
	for _, id := range s.ids {
		if s.nodes[id].core == nil {
			if err := s.start(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// call makes a client's call. A value is added to a set once, and removed only where it is seen.
func (s *storm) call(id protocol.NodeID) error {
	if s.nodes[id].core == nil {
		return nil
	}
	unique := strconv.Itoa(len(s.requests) + 1)
	key := strconv.FormatInt(s.round/500, 10)
	switch s.IntN(6) {
	case 0:
		return s.ask(id, kv.Command{Object: "counter", Key: key, F: "add", Value: []byte(strconv.Itoa(1 + s.IntN(3)))})
	case 1, 2:
		return s.write(id, key, unique)
	case 3, 4:
		return s.ask(id, kv.Command{Object: "set", Key: key, F: "add", Value: []byte(unique)})
	}
	read, err := s.query(id, kv.Command{Object: "set", Key: key, F: "read"})
	if err != nil || string(read) == "[]" {
		return err
	}
	some := strings.Split(strings.Trim(string(read), "[]"), ",")
	return s.ask(id, kv.Command{Object: "set", Key: key, F: "remove", Value: []byte(some[s.IntN(len(some))])})
}

// write writes, and reads the value back unless clocks can be wrong.
func (s *storm) write(id protocol.NodeID, key, value string) error {
	if err := s.ask(id, kv.Command{Object: "register", Key: key, F: "write", Value: []byte(value)}); err != nil {
		return err
	}
	read, err := s.query(id, kv.Command{Object: "register", Key: key, F: "read"})
	if err == nil && string(read) != value && s.options["clock"] == "lamport" {
		err = fmt.Errorf("register/%s is %s at %s, which has just written %s", key, read, id, value)
	}
	return err
}

func (s *storm) ask(id protocol.NodeID, c kv.Command) error {
	s.requests = append(s.requests, request{Command: c})
	return s.step(id, protocol.Propose{ID: uint64(len(s.requests)), Command: c.Encode(),
		ReadOnly: kv.ReadOnly(c.Object, c.F)})
}

// query reads at once.
func (s *storm) query(id protocol.NodeID, c kv.Command) ([]byte, error) {
	out := s.nodes[id].core.Step(protocol.Propose{Command: c.Encode(), ReadOnly: true})
	if len(out.Reply) != 1 || len(out.Persist) > 0 {
		return nil, fmt.Errorf("a read of %s/%s has %d replies and %d records", c.Object, c.Key, len(out.Reply),
			len(out.Persist))
	}
	r, err := kv.DecodeResult(out.Reply[0].Result)
	return r.Value, err
}

func (s *storm) step(id protocol.NodeID, in protocol.Input) error {
	n := s.nodes[id]
	if n.core == nil {
		return nil
	}
	out := n.core.Step(in)
	s.points[out.Point]++
	err := s.watch.After(id, n.core, in, &out)
	if s.blind {
		err = nil
	}
	kept := protocol.Output{
		Persist: slices.Clone(out.Persist), Send: slices.Clone(out.Send), Reply: slices.Clone(out.Reply),
		Unsynced: out.Unsynced,
	}
	h := fnv.New64a()
	fmt.Fprint(h, s.trace, s.round, id, kept.Send, kept.Reply, len(kept.Persist))
	s.trace = h.Sum64()
	if kept.Unsynced {
		s.release(&kept)
		kept.Send, kept.Reply = nil, nil
	}
	n.pending = append(n.pending, kept)
	return err
}

func (s *storm) sync(n *survivor) {
	for i := range n.pending {
		for _, r := range n.pending[i].Persist {
			if r.Checkpoint {
				n.disk = nil
			}
			n.disk = append(n.disk, r)
		}
		s.release(&n.pending[i])
	}
	n.pending = nil
}

func (s *storm) release(out *protocol.Output) {
	for _, m := range out.Send {
		for lost := s.one(20); !lost; lost = !s.one(20) { // lost one time in twenty, and repeated as often
			s.flights = append(s.flights, flight{s.round + int64(s.IntN(20)), m})
		}
	}
	for _, r := range out.Reply {
		if r.ID == 0 || r.Outcome != protocol.Done {
			continue
		}
		s.requests[r.ID-1].answered = true
	}
}

// judge returns what is wrong with the final state: the replicas differ, or do not match the
// clients'
// changes.
func (s *storm) judge() error {
	for key := range s.round/500 + 1 {
		at := func(object string) (string, error) {
			var first []byte
			for i, id := range s.ids {
				v, err := s.query(id, kv.Command{Object: object, Key: strconv.FormatInt(key, 10), F: "read"})
				if err != nil {
					return "", err
				}
				if i == 0 {
					first = v
				} else if string(v) != string(first) {
					return "", fmt.Errorf("%s/%d is %s at %s and %s at %s", object, key, first, s.ids[0], v, id)
				}
			}
			return string(first), nil
		}
		for _, object := range gossip.Protocol().Objects {
			held, err := at(object)
			if err != nil {
				return err
			}
			if err := s.explain(object, strconv.FormatInt(key, 10), held); err != nil {
				return fmt.Errorf("%s/%d: %w", object, key, err)
			}
		}
	}
	return nil
}

// explain compares what is held with what clients were told.
func (s *storm) explain(object, key, held string) error {
	least, most := 0, 0
	added, removed, maybeRemoved := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, q := range s.requests {
		if q.Object != object || q.Key != key {
			continue
		}
		switch value := string(q.Value); q.F {
		case "write":
			most++
		case "remove":
			maybeRemoved[value] = true
			removed[value] = removed[value] || q.answered
		case "add":
			if object == "set" {
				added[value] = q.answered
				continue
			}
			n, _ := strconv.Atoi(value)
			most += n
			if q.answered {
				least += n
			}
		}
	}
	switch object {
	case "counter":
		if n, err := strconv.Atoi(held); err != nil || n < least || n > most {
			return fmt.Errorf("it is %s, and from %d to %d was added", held, least, most)
		}
	case "set":
		present := map[string]bool{}
		for e := range strings.SplitSeq(strings.Trim(held, "[]"), ",") {
			if _, asked := added[e]; e != "" && !asked {
				return fmt.Errorf("%s was never added", e)
			}
			present[e] = true
		}
		for e, acknowledged := range added {
			if acknowledged && !maybeRemoved[e] && !present[e] {
				return fmt.Errorf("%s was added and never removed, and is gone", e)
			}
			if removed[e] && present[e] {
				return fmt.Errorf("%s was removed and never added again, and is back", e)
			}
		}
	}
	return nil
}

// endure runs a storm, then a calm long enough for replicas to agree.
func endure(seed uint64, bug string, blind bool) (*storm, error) {
	s, err := newStorm(seed, bug, blind)
	if err != nil {
		return nil, err
	}
	for _, part := range []func() error{
		func() error { return s.rage(4000) }, s.heal, func() error { return s.calm(1500) }, s.judge,
	} {
		if err := part(); err != nil {
			return s, err
		}
	}
	return s, nil
}

// TestStorm checks G1 to G4 for correct builds throughout, and convergence after the storm.
func TestStorm(t *testing.T) {
	t.Parallel()
	points, answered := map[string]int{}, 0
	for seed := range *seeds {
		s, err := endure(seed, "", false)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for point, n := range s.points {
			points[point] += n
		}
		for _, q := range s.requests {
			if q.answered {
				answered++
			}
		}
	}
	if answered < 500*int(*seeds) {
		t.Errorf("%d answers only", answered)
	}
	for _, point := range gossip.Protocol().Points {
		if points[point] < int(*seeds) {
			t.Errorf("%s happened %d times in %d storms", point, points[point], *seeds)
		}
	}
}

// TestSameSeedSameStorm compares runs (protocol.P1).
func TestSameSeedSameStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		a, errA := endure(seed, "", false)
		b, errB := endure(seed, "", false)
		if errA != nil || errB != nil || a.trace != b.trace {
			t.Errorf("seed %d: %x and %x (%v, %v)", seed, a.trace, b.trace, errA, errB)
		}
	}
}

// TestEveryMutantIsConvicted by the invariants where they can, and always by what clients see.
func TestEveryMutantIsConvicted(t *testing.T) {
	t.Parallel()
	for _, m := range gossip.Protocol().Mutants {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range *seeds {
				if _, err := endure(seed, m.Name, false); err != nil {
					t.Logf("watched, seed %d: %v", seed, err)
					break
				}
			}
			for seed := range *seeds {
				if _, err := endure(seed, m.Name, true); err != nil {
					t.Logf("by its clients, seed %d: %v", seed, err)
					return
				}
			}
			t.Errorf("survives %d storms", *seeds)
		})
	}
}
