package zab_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/zab"
)

var rewrite = flag.Bool("rewrite", false, "write what happens now into the transcripts")

// TestTranscripts plays testdata/*.txt. A file is a picture and a sentence, then blocks: commands, a line of four dashes,
// and what came of them: each message as it is delivered, each answer, and the nodes that are no longer as they were.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := string(data)
			got, err := play(want, "")
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("not as written (-want +got; -rewrite accepts it):\n%s", diff)
			}
		})
	}
}

// play returns the transcript with what happens now.
func play(text, bug string) (string, error) {
	var out strings.Builder
	s := &stage{bug: bug}
	results := false // of the block before; they are replaced
	for line := range strings.Lines(text) {
		command := strings.TrimSuffix(line, "\n")
		switch {
		case command == "----":
			results = true
			out.WriteString("----\n")
			out.WriteString(s.results())
		case command == "":
			results = false
			out.WriteString("\n")
		case results:
		case strings.HasPrefix(command, "#"):
			out.WriteString(line)
		default:
			out.WriteString(line)
			if err := s.do(strings.Fields(command)); err != nil {
				return "", fmt.Errorf("%s: %w", command, err)
			}
		}
	}
	return out.String(), nil
}

// stage is the cluster of a transcript. Disks are as fast as thought; a message lies in the network until it is delivered,
// unless its way is cut when it is sent.
type stage struct {
	bug     string
	options map[string]string
	ids     []protocol.NodeID
	nodes   map[protocol.NodeID]*actor
	network []protocol.Message
	cut     map[[2]protocol.NodeID]bool
	asked   []string // by request, from 1
	watch   protocol.Invariants
	held    []protocol.Message
	said    strings.Builder
}

type actor struct {
	core  protocol.Core
	disk  []protocol.Record
	shown string
}

// do is where the commands are.
func (s *stage) do(words []string) error {
	name, args := words[0], words[1:]
	var rest []string
	settings := map[string]string{}
	for _, a := range args {
		if k, v, ok := strings.Cut(a, "="); ok && name != "propose" {
			settings[k] = v
		} else {
			rest = append(rest, a)
		}
	}
	at := func(i int) protocol.NodeID {
		if i < len(rest) {
			return protocol.NodeID(rest[i])
		}
		return ""
	}
	if slices.Contains([]string{"disk", "crash", "restart", "propose", "read"}, name) && s.nodes[at(0)] == nil {
		return fmt.Errorf("no node %q", at(0))
	}
	switch name {
	case "nodes": // nodes NODE ... [OPTION=VALUE ...]: a cluster with empty disks
		return s.build(rest, settings)
	case "disk": // disk NODE [accepted=E] [current=E] [log=1:1,1:2 ...]: the node starts anew from another disk
		return s.disk(at(0), settings)
	case "crash": // crash NODE: it stops; nothing of it is left but its disk
		s.nodes[at(0)].core = nil
		return nil
	case "restart": // restart NODE
		return s.start(at(0))
	case "partition": // partition n1,n2 n3: what is sent from one group to another from now on is lost
		return s.partition(rest)
	case "heal": // heal: nothing is cut any more
		s.cut = nil
		return nil
	case "elect": // elect NODE ...: these tick, and votes reach them and who has elected already, until none of them looks
		return s.elect(rest)
	case "established": // established NODE ...: these elect, and all that is sent between them arrives, without a word
		if err := s.elect(rest); err != nil {
			return err
		}
		err := s.deliver(1000, func(m protocol.Message) bool {
			return slices.Contains(rest, string(m.From)) && slices.Contains(rest, string(m.To))
		})
		s.said.Reset()
		return err
	case "tick": // tick N [NODE ...]: so many ticks of these nodes, or of all
		count, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		return s.tick(count, rest[1:])
	case "propose": // propose NODE NAME: a command of at most eight letters
		command := binary.BigEndian.AppendUint64(nil, 0)
		copy(command, rest[1])
		return s.ask(at(0), rest[1], func(id uint64) protocol.Input { return protocol.Propose{ID: id, Command: command} })
	case "read": // read NODE
		return s.ask(at(0), "read", func(id uint64) protocol.Input { return protocol.Propose{ID: id, ReadOnly: true} })
	case "deliver": // deliver [A→B ...]: in order, until nothing that goes these ways is left; * stands for any node
		return s.deliver(1000, ways(rest))
	case "one": // one [A→B ...]: delivers the next message only
		return s.deliver(1, ways(rest))
	case "hold": // hold [A→B ...]: these messages are under way for long
		keep := s.network[:0:0]
		for _, m := range s.network {
			if ways(rest)(m) {
				s.held = append(s.held, m)
			} else {
				keep = append(keep, m)
			}
		}
		s.network = keep
		return nil
	case "release": // release: what was held can be delivered, after everything else
		s.network, s.held = append(s.network, s.held...), nil
		return nil
	case "drop": // drop [A→B ...]: these messages are lost
		return s.drop(ways(rest))
	}
	return fmt.Errorf("no such command")
}

func (s *stage) build(ids []string, changes map[string]string) error {
	s.options = defaults(changes)
	s.nodes = map[protocol.NodeID]*actor{}
	s.watch = zab.NewInvariants()
	for _, id := range ids {
		s.ids = append(s.ids, protocol.NodeID(id))
		s.nodes[protocol.NodeID(id)] = &actor{}
	}
	for _, id := range s.ids {
		if err := s.start(id); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) disk(id protocol.NodeID, settings map[string]string) error {
	var e zab.Epochs
	var txns []zab.Txn
	for name, value := range settings {
		var err error
		switch name {
		case "accepted":
			e.Accepted, err = strconv.ParseUint(value, 10, 64)
		case "current":
			e.Current, err = strconv.ParseUint(value, 10, 64)
		case "log":
			for _, z := range strings.Split(value, ",") {
				txns = append(txns, txn(z))
			}
		default:
			err = fmt.Errorf("no such setting: %s", name)
		}
		if err != nil {
			return err
		}
	}
	s.nodes[id].disk = []protocol.Record{{Data: &zab.Tail{Txns: txns}}, {Data: &e}}
	return s.start(id)
}

// txn is the transaction of that zxid; its command is its name.
func txn(z string) zab.Txn {
	epoch, counter, _ := strings.Cut(z, ":")
	e, _ := strconv.ParseUint(epoch, 10, 32)
	c, _ := strconv.ParseUint(counter, 10, 32)
	return zab.Txn{Zxid: zab.Zxid(e<<32 | c), Command: fmt.Appendf(nil, "%8s", z)}
}

func (s *stage) start(id protocol.NodeID) error {
	n := s.nodes[id]
	core, err := zab.New(protocol.Config{ID: id, Members: s.ids, Options: s.options, Machine: &journal{}, Bug: s.bug}, n.disk)
	if err != nil {
		return err
	}
	n.core, n.shown = core, ""
	return s.watch.Restarted(id, core)
}

func (s *stage) partition(groups []string) error {
	s.cut = map[[2]protocol.NodeID]bool{}
	for _, a := range s.ids {
		for _, b := range s.ids {
			together := slices.ContainsFunc(groups, func(g string) bool {
				members := strings.Split(g, ",")
				return slices.Contains(members, string(a)) && slices.Contains(members, string(b))
			})
			s.cut[[2]protocol.NodeID{a, b}] = a != b && !together
		}
	}
	return nil
}

func (s *stage) tick(count int, names []string) error {
	for range count {
		for _, id := range s.ids {
			if len(names) == 0 || slices.Contains(names, string(id)) {
				if err := s.step(id, protocol.Tick{Draw: 7}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *stage) elect(names []string) error {
	looks := func(name string) bool {
		n := s.nodes[protocol.NodeID(name)]
		return n != nil && n.core != nil && n.core.Status().Role == "looking"
	}
	voting := func(m protocol.Message) bool {
		_, vote := m.Body.(*zab.Notification)
		return vote && (slices.Contains(names, string(m.To)) || !looks(string(m.To)))
	}
	for range 100 {
		for _, name := range names {
			if looks(name) {
				if err := s.tick(1, []string{name}); err != nil {
					return err
				}
			}
		}
		if err := s.deliver(1000, voting); err != nil {
			return err
		}
		if !slices.ContainsFunc(names, looks) {
			s.network = slices.DeleteFunc(s.network, func(m protocol.Message) bool { // to those who are not asked
				_, vote := m.Body.(*zab.Notification)
				return vote
			})
			return nil
		}
	}
	return fmt.Errorf("they never agree")
}

func (s *stage) ask(id protocol.NodeID, what string, in func(uint64) protocol.Input) error {
	s.asked = append(s.asked, what)
	return s.step(id, in(uint64(len(s.asked))))
}

func (s *stage) step(id protocol.NodeID, in protocol.Input) error {
	n := s.nodes[id]
	if n == nil || n.core == nil {
		return nil
	}
	out := n.core.Step(in)
	for _, r := range out.Persist {
		if r.Checkpoint {
			n.disk = nil
		}
		n.disk = append(n.disk, r)
	}
	for _, m := range out.Send {
		if !s.cut[[2]protocol.NodeID{m.From, m.To}] {
			s.network = append(s.network, m)
		}
	}
	for _, r := range out.Reply {
		s.say("%s answers %s: %s", id, s.asked[r.ID-1], answer(r))
	}
	if err := s.watch.After(id, n.core, in, &out); err != nil {
		s.say("%s breaks %v", id, err)
	}
	return nil
}

func answer(r protocol.Reply) string {
	var text string
	switch {
	case r.Outcome == protocol.Done && len(r.Result) == 8:
		return fmt.Sprintf("done, %d commands", binary.BigEndian.Uint64(r.Result))
	case r.Outcome == protocol.Done:
		return "done"
	case r.Outcome == protocol.Rejected:
		text = "rejected, " + r.Reason
	default:
		text = "unknown, " + r.Reason
	}
	if r.Leader != "" {
		text += ", try " + string(r.Leader)
	}
	return text
}

// ways makes a filter of A→B patterns; without any it lets everything pass.
func ways(patterns []string) func(protocol.Message) bool {
	return func(m protocol.Message) bool {
		return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool {
			from, to, _ := strings.Cut(p, "→")
			return (from == "*" || from == string(m.From)) && (to == "*" || to == string(m.To))
		})
	}
}

// deliver delivers, in order, until nothing that passes the filter is left. What is for a node that is down is lost.
func (s *stage) deliver(most int, pass func(protocol.Message) bool) error {
	for range most {
		i := slices.IndexFunc(s.network, pass)
		if i < 0 {
			return nil
		}
		m := s.network[i]
		s.network = slices.Delete(s.network, i, i+1)
		if n := s.nodes[m.To]; n == nil || n.core == nil {
			s.say("%s→%s %v  lost", m.From, m.To, m.Body)
			continue
		}
		s.say("%s→%s %v", m.From, m.To, m.Body)
		if err := s.step(m.To, protocol.Receive{Message: m}); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) drop(pass func(protocol.Message) bool) error {
	s.network = slices.DeleteFunc(s.network, func(m protocol.Message) bool {
		if pass(m) {
			s.say("%s→%s %v  lost", m.From, m.To, m.Body)
			return true
		}
		return false
	})
	return nil
}

func (s *stage) say(format string, v ...any) { fmt.Fprintf(&s.said, format+"\n", v...) }

// results are what was said since the last time, and the nodes that have changed.
func (s *stage) results() string {
	for _, id := range s.ids {
		n := s.nodes[id]
		if now := n.describe(id); now != n.shown {
			n.shown = now
			s.say("%s", now)
		}
	}
	text := s.said.String()
	s.said.Reset()
	if text == "" {
		return "ok\n"
	}
	return text
}

// describe shows what the node is, and what its disk holds.
func (n *actor) describe(id protocol.NodeID) string {
	if n.core == nil {
		return fmt.Sprintf("%s down", id)
	}
	st := n.core.Status()
	var e zab.Epochs
	var base uint64
	var log []zab.Txn
	snapshot := ""
	for _, r := range n.disk {
		switch d := r.Data.(type) {
		case *zab.Epochs:
			e = *d
		case *zab.Checkpoint:
			e, base, log = d.Epochs, d.Base, slices.Clone(d.Txns)
			snapshot = " snapshot=" + d.Zxid.String()
		case *zab.Tail:
			log = append(log[:d.After-base:d.After-base], d.Txns...)
		}
	}
	names := make([]string, len(log))
	for i, t := range log {
		names[i] = t.Zxid.String()
	}
	return fmt.Sprintf("%s %-13s accepted=%d current=%d%s log=%s commit=%d",
		id, st.Role, e.Accepted, e.Current, snapshot, strings.Join(names, ","), st.Commit)
}
