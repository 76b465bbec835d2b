package multipaxos_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/multipaxos"
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
	members []protocol.NodeID
	ids     []protocol.NodeID
	nodes   map[protocol.NodeID]*actor
	network []protocol.Message
	cut     map[[2]protocol.NodeID]bool
	asked   []string // by request, from 1
	watch   protocol.Invariants
	said    strings.Builder
	held    []protocol.Message
	asking  bool // somebody has begun phase 1
}

// longest is a tick that draws a time-out of 19 ticks, if they are 10 at least.
var longest = protocol.Tick{Draw: 9}

type actor struct {
	core    protocol.Core
	machine *journal
	disk    []protocol.Record
	loyal   bool // it stands by a leader that it has heard, or may have heard in an earlier life
	shown   string
}

var onANode = []string{"crash", "restart", "elect", "timeout", "propose", "read", "transfer", "add", "remove"}

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
	if name == "nodes" {
		return s.build(rest, settings)
	}
	at := func(i int) protocol.NodeID {
		if i < len(rest) {
			return protocol.NodeID(rest[i])
		}
		return ""
	}
	if slices.Contains(onANode, name) && s.nodes[at(0)] == nil {
		return fmt.Errorf("no node %q", at(0))
	}
	switch name {
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
	case "elect": // elect NODE: its clock ticks until it begins phase 1, as with timeout, and phase 1 is delivered
		if err := s.do([]string{"timeout", string(at(0))}); err != nil {
			return err
		}
		return s.deliver(1000, func(m protocol.Message) bool {
			switch m.Body.(type) {
			case *multipaxos.Prepare, *multipaxos.Promise:
				return true
			}
			return false
		})
	case "timeout": // timeout NODE: its clock ticks until it begins phase 1; others no longer stand by a leader that they heard
		for _, id := range s.ids {
			if n := s.nodes[id]; n.loyal && id != at(0) {
				if err := s.do([]string{"tick", "10", string(id)}); err != nil {
					return err
				}
				n.loyal = false
			}
		}
		s.asking = false
		for range 50 {
			if err := s.step(at(0), longest); err != nil || s.asking {
				return err
			}
		}
		return fmt.Errorf("it never does")
	case "tick": // tick N [NODE ...]: so many ticks of these nodes, or of all; election timeouts are the longest there are
		count, err := strconv.Atoi(rest[0])
		if err != nil {
			return err
		}
		ids := s.ids
		if len(rest) > 1 {
			ids = nil
			for i := range rest[1:] {
				ids = append(ids, at(i+1))
			}
		}
		for range count {
			for _, id := range ids {
				if err := s.step(id, longest); err != nil {
					return err
				}
			}
		}
		return nil
	case "propose": // propose NODE WORD
		command := []byte(rest[1])
		return s.ask(at(0), rest[1], func(id uint64) protocol.Input { return protocol.Propose{ID: id, Command: command} })
	case "read": // read NODE
		return s.ask(at(0), "read", func(id uint64) protocol.Input { return protocol.Propose{ID: id, ReadOnly: true} })
	case "transfer": // transfer NODE TO
		return s.ask(at(0), "transfer", func(id uint64) protocol.Input { return protocol.Transfer{ID: id, To: at(1)} })
	case "add": // add NODE OTHER: it is asked to make the other a member
		return s.ask(at(0), "add", func(id uint64) protocol.Input { return protocol.Reconfigure{ID: id, Add: at(1)} })
	case "remove": // remove NODE OTHER
		return s.ask(at(0), "remove", func(id uint64) protocol.Input { return protocol.Reconfigure{ID: id, Remove: at(1)} })
	case "deliver": // deliver [N] [A→B ...]: what is in the network on these ways and comes of it there, N at most; * is anyone
		most := 1000
		if n, err := strconv.Atoi(string(at(0))); err == nil {
			most, rest = n, rest[1:]
		}
		return s.deliver(most, ways(rest))
	case "drop": // drop [A→B ...]: what is in the network on these ways is lost
		return s.drop(ways(rest))
	case "hold": // hold [A→B ...]: what is in the network on these ways stays there until it is released
		s.network = slices.DeleteFunc(s.network, func(m protocol.Message) bool {
			if ways(rest)(m) {
				s.held = append(s.held, m)
				return true
			}
			return false
		})
		return nil
	case "repeat": // repeat [A→B ...]: what is in the network on these ways arrives again when it is released
		for _, m := range s.network {
			if ways(rest)(m) {
				s.held = append(s.held, m)
			}
		}
		return nil
	case "release": // release: what was held comes last
		s.network = append(s.network, s.held...)
		s.held = nil
		return nil
	case "status": // status: show all nodes again
		for _, id := range s.ids {
			s.nodes[id].shown = ""
		}
		return nil
	}
	return fmt.Errorf("no such command")
}

// build is the command nodes NAME ... [spare=NAME] [option=value ...]: a new cluster. The spare is no member. No node stands
// by a leader any more that it might have heard before it started.
func (s *stage) build(names []string, settings map[string]string) error {
	s.nodes = map[protocol.NodeID]*actor{}
	s.watch = multipaxos.Protocol().Invariants()
	for _, name := range names {
		s.ids = append(s.ids, protocol.NodeID(name))
	}
	s.members = s.ids
	if spare := settings["spare"]; spare != "" {
		s.ids = append(s.ids[:len(s.ids):len(s.ids)], protocol.NodeID(spare))
	}
	delete(settings, "spare")
	s.options = defaults(settings)
	for _, id := range s.ids {
		s.nodes[id] = &actor{}
		if err := s.start(id); err != nil {
			return err
		}
	}
	for _, id := range s.ids {
		s.nodes[id].loyal = false
	}
	return s.do([]string{"tick", "10"})
}

func (s *stage) start(id protocol.NodeID) error {
	n := s.nodes[id]
	n.machine = &journal{}
	core, err := multipaxos.Protocol().New(protocol.Config{
		ID: id, Members: s.members, Options: s.options, Machine: n.machine, Bug: s.bug,
	}, n.disk)
	if err != nil {
		return err
	}
	n.core, n.loyal, n.shown = core, true, ""
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

func (s *stage) ask(id protocol.NodeID, what string, in func(uint64) protocol.Input) error {
	s.asked = append(s.asked, what)
	return s.step(id, in(uint64(len(s.asked))))
}

func (s *stage) step(id protocol.NodeID, in protocol.Input) error {
	n := s.nodes[id]
	if n == nil {
		return fmt.Errorf("no node %s", id)
	}
	if n.core == nil {
		return nil
	}
	out := n.core.Step(in)
	if r, ok := in.(protocol.Receive); ok {
		switch r.Message.Body.(type) {
		case *multipaxos.Accept, *multipaxos.Heartbeat:
			n.loyal = true
		}
	}
	for _, r := range out.Persist {
		if r.Checkpoint {
			n.disk = nil
		}
		n.disk = append(n.disk, r)
	}
	for _, m := range out.Send {
		if _, prepare := m.Body.(*multipaxos.Prepare); prepare {
			s.asking = true
		}
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
	case r.Outcome == protocol.Done && len(r.Result) > 0:
		return fmt.Sprintf("done, %s commands", r.Result)
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
		if now := n.describe(id, s.members); now != n.shown {
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

// describe shows a node's promise and log as they are on its disk, and who the members are if that has changed.
func (n *actor) describe(id protocol.NodeID, members []protocol.NodeID) string {
	if n.core == nil {
		return fmt.Sprintf("%s down", id)
	}
	var promised multipaxos.Promised
	var snapshot string
	log := map[uint64]multipaxos.Entry{}
	for _, r := range n.disk {
		switch d := r.Data.(type) {
		case *multipaxos.Promised:
			promised = *d
		case *multipaxos.Checkpoint:
			promised, log, snapshot = d.Promised, map[uint64]multipaxos.Entry{}, fmt.Sprintf(" snapshot=%d", d.Index)
			fill(log, d.Index+1, d.Entries)
		case *multipaxos.Slots:
			fill(log, d.First, d.Entries)
		}
	}
	status := n.core.Status()
	text := fmt.Sprintf("%s %-8s promised=%v%s log=", id, status.Role, promised.Ballot, snapshot)
	for i, slot := range slices.Sorted(maps.Keys(log)) {
		e, sep := log[slot], ","
		if i == 0 {
			sep = ""
		}
		if e.Change != (multipaxos.Change{}) {
			e.Command = []byte(e.Change.String())
		} else if len(e.Command) == 0 {
			e.Command = []byte("no-op")
		}
		text += fmt.Sprintf("%s%d=%s@%v", sep, slot, e.Command, e.Ballot)
	}
	text += fmt.Sprintf(" chosen=%d", status.Commit)
	if !slices.Equal(status.Members, members) {
		text += fmt.Sprintf(" members=%v", status.Members)
	}
	return text
}

func fill(log map[uint64]multipaxos.Entry, first uint64, entries []multipaxos.Entry) {
	for i, e := range entries {
		if e.Ballot != (multipaxos.Ballot{}) {
			log[first+uint64(i)] = e
		}
	}
}
