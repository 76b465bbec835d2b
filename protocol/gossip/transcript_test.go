package gossip_test

import (
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
	"github.com/splitvote/splitvote/protocol/gossip"
	"github.com/splitvote/splitvote/protocol/kv"
)

var rewrite = flag.Bool("rewrite", false, "write what happens now into the transcripts")

// TestTranscripts plays testdata/*.txt. A file is a picture and a sentence, then blocks: commands, a line of four dashes,
// and what came of them: each message as it is delivered, each answer, and what the replicas hold that hold something else.
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
			got, err := play(string(data), "")
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(data), got); diff != "" {
				t.Errorf("not as written (-want +got; -rewrite accepts it):\n%s", diff)
			}
		})
	}
}

// play returns the transcript with what happens now.
func play(text, bug string) (string, error) {
	var out strings.Builder
	s := &stage{bug: bug, nodes: map[protocol.NodeID]*actor{}}
	results := false // of the block before; they are replaced
	for line := range strings.Lines(text) {
		command := strings.TrimSuffix(line, "\n")
		switch {
		case command == "----":
			results = true
			out.WriteString("----\n" + s.results())
			continue
		case command == "":
			results = false
		case results:
			continue
		case !strings.HasPrefix(command, "#"):
			if err := s.do(strings.Fields(command)); err != nil {
				return "", fmt.Errorf("%s: %w", command, err)
			}
		}
		out.WriteString(line)
	}
	return out.String(), nil
}

// stage is the cluster of a transcript. A message lies in the network until it is delivered.
type stage struct {
	bug     string
	options map[string]string
	ids     []protocol.NodeID
	nodes   map[protocol.NodeID]*actor
	network []protocol.Message
	watch   protocol.Invariants
	asked   []string // by request, from 1
	said    strings.Builder
}

type actor struct {
	core  protocol.Core
	disk  []protocol.Record
	wall  int64
	shown string
}

// do is where the commands are.
func (s *stage) do(words []string) error {
	name, args := words[0], words[1:]
	if name == "nodes" { // nodes NAME ... [option=value ...]: a new cluster
		return s.build(args)
	}
	if name == "deliver" { // deliver [A→B ...]: what is in the network on these ways, and what comes of it on them
		return s.deliver(args)
	}
	if name == "drop" { // drop: what is in the network is lost
		s.network = nil
		return nil
	}
	id := protocol.NodeID(name)
	n := s.nodes[id]
	if n == nil || len(args) == 0 {
		return fmt.Errorf("no such command")
	}
	switch args[0] {
	case "crashes": // NODE crashes: nothing of it is left but its disk
		n.core = nil
		return nil
	case "restarts": // NODE restarts
		return s.start(id)
	case "clock": // NODE clock NS: its wall clock
		wall, err := strconv.ParseInt(args[1], 10, 64)
		n.wall = wall
		return err
	case "greets": // NODE greets OTHER: its clock ticks, and it draws that partner
		others := slices.DeleteFunc(slices.Clone(s.ids), func(o protocol.NodeID) bool { return o == id })
		draw := slices.Index(others, protocol.NodeID(args[1]))
		if draw < 0 {
			return fmt.Errorf("no other node %s", args[1])
		}
		return s.step(id, protocol.Tick{Wall: n.wall, Draw: uint64(draw)})
	}
	// NODE OBJECT/KEY CALL [VALUE]: a client asks
	object, key, ok := strings.Cut(args[0], "/")
	if !ok || len(args) < 2 {
		return fmt.Errorf("no such command")
	}
	c := kv.Command{Object: object, Key: key, F: args[1], Value: []byte(strings.Join(args[2:], ""))}
	s.asked = append(s.asked, strings.Join(args, " "))
	return s.step(id, protocol.Propose{ID: uint64(len(s.asked)), Command: c.Encode(), ReadOnly: kv.ReadOnly(object, c.F)})
}

func (s *stage) build(args []string) error {
	s.options = map[string]string{"gossip-ticks": "1"}
	for _, a := range args {
		if k, v, ok := strings.Cut(a, "="); ok {
			s.options[k] = v
		} else {
			s.ids = append(s.ids, protocol.NodeID(a))
		}
	}
	s.options = with(s.options)
	s.watch = gossip.Protocol().Invariants()
	for _, id := range s.ids {
		s.nodes[id] = &actor{shown: holds(nil)}
		if err := s.start(id); err != nil {
			return err
		}
	}
	return nil
}

// with are the default options and these.
func with(options map[string]string) map[string]string {
	all := map[string]string{}
	for _, o := range gossip.Protocol().Options {
		all[o.Name] = o.Default
	}
	for k, v := range options {
		all[k] = v
	}
	return all
}

func (s *stage) start(id protocol.NodeID) error {
	n := s.nodes[id]
	core, err := gossip.New(protocol.Config{ID: id, Members: s.ids, Options: s.options, Bug: s.bug}, n.disk)
	if err != nil {
		return err
	}
	n.core = core
	if err := s.watch.Restarted(id, core); err != nil {
		s.say("%s breaks %v", id, err)
	}
	return nil
}

func (s *stage) step(id protocol.NodeID, in protocol.Input) error {
	n := s.nodes[id]
	if n.core == nil {
		return fmt.Errorf("%s is down", id)
	}
	out := n.core.Step(in)
	for _, r := range out.Persist {
		if r.Checkpoint {
			n.disk = nil
		}
		n.disk = append(n.disk, r)
	}
	s.network = append(s.network, out.Send...)
	for _, r := range out.Reply {
		s.say("%s answers %s: %s", id, s.asked[r.ID-1], answer(r))
	}
	if err := s.watch.After(id, n.core, in, &out); err != nil {
		s.say("%s breaks %v", id, err)
	}
	return nil
}

func answer(r protocol.Reply) string {
	if r.Outcome != protocol.Done {
		return "rejected, " + r.Reason
	}
	result, err := kv.DecodeResult(r.Result)
	switch {
	case err != nil:
		return err.Error()
	case !result.OK:
		return "failed, " + result.Err
	case len(result.Value) == 0:
		return "done"
	}
	return string(result.Value)
}

// deliver delivers, in order, until nothing on these ways is left. What is for a node that is down is lost.
func (s *stage) deliver(ways []string) error {
	for {
		i := slices.IndexFunc(s.network, func(m protocol.Message) bool {
			return len(ways) == 0 || slices.Contains(ways, string(m.From+"→"+m.To))
		})
		if i < 0 {
			return nil
		}
		m := s.network[i]
		s.network = slices.Delete(s.network, i, i+1)
		if s.nodes[m.To].core == nil {
			s.say("%s→%s %v  lost", m.From, m.To, m.Body)
			continue
		}
		s.say("%s→%s %v", m.From, m.To, m.Body)
		if err := s.step(m.To, protocol.Receive{Message: m}); err != nil {
			return err
		}
	}
}

func (s *stage) say(format string, v ...any) { fmt.Fprintf(&s.said, format+"\n", v...) }

// results are what was said since the last time, and the nodes that hold something else than they did.
func (s *stage) results() string {
	for _, id := range s.ids {
		n := s.nodes[id]
		now := "down"
		if n.core != nil {
			now = holds(n.disk)
		}
		if now != n.shown {
			n.shown = now
			s.say("%s %s", id, now)
		}
	}
	text := s.said.String()
	s.said.Reset()
	if text == "" {
		return "ok\n"
	}
	return text
}

// holds is what a disk gives back.
func holds(disk []protocol.Record) string {
	var held []gossip.State
	for _, r := range disk {
		for _, s := range r.Data.(*gossip.Update).States {
			at := slices.IndexFunc(held, func(h gossip.State) bool { return h.Name == s.Name })
			if at < 0 {
				held = append(held, s)
			} else {
				held[at] = gossip.Join(held[at], s)
			}
		}
	}
	if len(held) == 0 {
		return "holds nothing"
	}
	names := make([]string, len(held))
	for i, h := range held {
		names[i] = h.String()
	}
	slices.Sort(names)
	return "holds " + strings.Join(names, "  ")
}
