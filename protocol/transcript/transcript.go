package transcript

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/protocol"
)

// Stage is what a transcript is played with.
type Stage struct {
	Protocol protocol.Protocol
	Bug      string // planted bug, "" for none
	Machine  func() protocol.Machine
	// Request makes a client's request of the words after ask NODE. The counting number says how many there were before.
	Request func(words []string, number int) (command []byte, readOnly bool, err error)
	// Result writes the result of a request that was done.
	Result func([]byte) string
	// Describe writes a node's state, of what it says of itself and of its disk.
	Describe func(protocol.Core, []protocol.Record) string
	// Tick is what every tick is, with its draw.
	Tick protocol.Tick
	// More are commands of the protocol's own, by their first word; they come before those of all.
	More map[string]func(p *Play, args []string) error
	// Seen, if set, is told of every step.
	Seen func(protocol.NodeID, protocol.Input, protocol.Output)
}

// Play returns the transcript with what happens now. An error says which command makes no sense.
func (s Stage) Play(text string) (string, error) {
	var out strings.Builder
	p := &Play{Stage: s}
	results := false // of the block before; they are replaced
	for line := range strings.Lines(text) {
		command := strings.TrimSuffix(line, "\n")
		switch {
		case command == "----":
			results = true
			out.WriteString("----\n")
			out.WriteString(p.results())
		case command == "":
			results = false
			out.WriteString("\n")
		case results:
		case strings.HasPrefix(command, "#"):
			out.WriteString(line)
		default:
			out.WriteString(line)
			if err := p.do(strings.Fields(command)); err != nil {
				return "", fmt.Errorf("transcript: %s: %w", command, err)
			}
		}
	}
	return out.String(), nil
}

// Play is a cluster in the midst of a transcript.
type Play struct {
	Stage
	options map[string]string
	members []protocol.NodeID
	ids     []protocol.NodeID // the members, then the spares
	actors  map[protocol.NodeID]*actor
	network []protocol.Message
	held    []protocol.Message
	cut     map[way]bool
	asked   []string // by request, from 1
	watch   protocol.Invariants
	said    strings.Builder
}

type way struct{ from, to protocol.NodeID }

type actor struct {
	core  protocol.Core // nil while it is down
	disk  []protocol.Record
	shown string
}

const everything = 1000 // messages, before a transcript is taken to have no end

var errNoNode = errors.New("no such node")

// do is where the commands are.
func (p *Play) do(words []string) error {
	name, args := words[0], words[1:]
	if more, known := p.More[name]; known {
		return more(p, args)
	}
	switch name {
	case "nodes": // nodes NAME ... [spare=NAME,...] [option=value ...]: a new cluster; spares run, and are no members
		return p.build(args)
	case "ask": // ask NODE WORD ...: a client's request
		return p.ask(args)
	case "transfer": // transfer NODE TO: it is asked to hand leadership over
		return p.order(name, args, func(id uint64, to protocol.NodeID) protocol.Input {
			return protocol.Transfer{ID: id, To: to}
		})
	case "add": // add NODE OTHER: it is asked to make the other a member
		return p.order(name, args, func(id uint64, other protocol.NodeID) protocol.Input {
			return protocol.Reconfigure{ID: id, Add: other}
		})
	case "remove": // remove NODE OTHER
		return p.order(name, args, func(id uint64, other protocol.NodeID) protocol.Input {
			return protocol.Reconfigure{ID: id, Remove: other}
		})
	case "crash": // crash NODE: it stops; nothing of it is left but its disk
		return p.on(args, func(_ protocol.NodeID, a *actor) error { a.core = nil; return nil })
	case "restart": // restart NODE
		return p.on(args, p.start)
	case "wipe": // wipe NODE: its disk is empty
		return p.on(args, func(_ protocol.NodeID, a *actor) error { a.disk = nil; return nil })
	case "tick": // tick N [NODE ...]: so many ticks of these nodes, or of all
		return p.tick(args)
	case "partition": // partition n1,n2 n3: what is sent from one group to another from now on is lost
		p.partition(args)
	case "heal": // heal: nothing is cut any more
		p.cut = nil
	case "deliver": // deliver [N] [A→B ...]: what is in the network on these ways and comes of it there, N at most; * is anyone
		return p.deliver(args)
	case "drop": // drop [A→B ...]: what is in the network on these ways is lost
		for _, m := range p.take(args) {
			p.say("%s→%s %v  lost", m.From, m.To, m.Body)
		}
	case "hold": // hold [A→B ...]: what is in the network on these ways stays there until it is released
		p.held = append(p.held, p.take(args)...)
	case "repeat": // repeat [A→B ...]: what is in the network on these ways arrives again when it is released
		for _, m := range p.network {
			if on(args, m) {
				p.held = append(p.held, m)
			}
		}
	case "release": // release: what was held comes last
		p.network, p.held = append(p.network, p.held...), nil
	case "status": // status: show all nodes again
		for _, a := range p.actors {
			a.shown = ""
		}
	default:
		return errors.New("no such command")
	}
	return nil
}

// on does f with the node that the first argument names.
func (p *Play) on(args []string, f func(protocol.NodeID, *actor) error) error {
	if len(args) == 0 || p.actors[protocol.NodeID(args[0])] == nil {
		return errNoNode
	}
	id := protocol.NodeID(args[0])
	return f(id, p.actors[id])
}

func (p *Play) build(args []string) error {
	*p = Play{Stage: p.Stage, actors: map[protocol.NodeID]*actor{}, options: p.Protocol.Defaults()}
	for _, a := range args {
		option, value, ok := strings.Cut(a, "=")
		switch {
		case option == "spare":
			for name := range strings.SplitSeq(value, ",") {
				p.ids = append(p.ids, protocol.NodeID(name))
			}
		case ok:
			p.options[option] = value
		default:
			p.members = append(p.members, protocol.NodeID(a))
		}
	}
	p.ids = append(slices.Clone(p.members), p.ids...)
	for _, id := range p.ids {
		p.actors[id] = &actor{}
	}
	p.watch = p.Protocol.Invariants()
	for _, id := range p.ids {
		if err := p.start(id, p.actors[id]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Play) start(id protocol.NodeID, a *actor) error {
	core, err := p.Protocol.New(protocol.Config{
		ID: id, Members: p.members, Options: p.options, Machine: p.Machine(), Bug: p.Bug,
	}, a.disk)
	if err != nil {
		return err
	}
	a.core, a.shown = core, ""
	if err := p.watch.Restarted(id, core); err != nil {
		p.say("%s breaks %v", id, err)
	}
	return nil
}

func (p *Play) ask(args []string) error {
	return p.on(args, func(id protocol.NodeID, _ *actor) error {
		command, readOnly, err := p.Request(args[1:], len(p.asked))
		if err != nil {
			return err
		}
		p.propose(id, strings.Join(args[1:], " "), protocol.Propose{Command: command, ReadOnly: readOnly})
		return nil
	})
}

// order asks the first node named for something to do with the second.
func (p *Play) order(what string, args []string, in func(uint64, protocol.NodeID) protocol.Input) error {
	return p.on(args, func(id protocol.NodeID, _ *actor) error {
		if len(args) < 2 {
			return errNoNode
		}
		p.asked = append(p.asked, what)
		p.step(id, in(uint64(len(p.asked)), protocol.NodeID(args[1])))
		return nil
	})
}

// propose makes a request of the node; what names it.
func (p *Play) propose(id protocol.NodeID, what string, in protocol.Propose) {
	p.asked = append(p.asked, what)
	in.ID = uint64(len(p.asked))
	p.step(id, in)
}

func (p *Play) tick(args []string) error {
	if len(args) == 0 {
		return errors.New("how many")
	}
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	ids := p.ids
	if len(args) > 1 {
		ids = nil
		for _, a := range args[1:] {
			ids = append(ids, protocol.NodeID(a))
		}
	}
	for range count {
		for _, id := range ids {
			if p.actors[id] == nil {
				return errNoNode
			}
			p.step(id, p.Tick)
		}
	}
	return nil
}

func (p *Play) partition(groups []string) {
	p.cut = map[way]bool{}
	for _, a := range p.ids {
		for _, b := range p.ids {
			together := slices.ContainsFunc(groups, func(g string) bool {
				names := strings.Split(g, ",")
				return slices.Contains(names, string(a)) && slices.Contains(names, string(b))
			})
			p.cut[way{a, b}] = a != b && !together
		}
	}
}

// on says whether m is on one of the ways A→B; without any, everything is.
func on(ways []string, m protocol.Message) bool {
	return len(ways) == 0 || slices.ContainsFunc(ways, func(w string) bool {
		from, to, _ := strings.Cut(w, "→")
		return (from == "*" || from == string(m.From)) && (to == "*" || to == string(m.To))
	})
}

// take takes what is on these ways out of the network.
func (p *Play) take(ways []string) (taken []protocol.Message) {
	p.network = slices.DeleteFunc(p.network, func(m protocol.Message) bool {
		if on(ways, m) {
			taken = append(taken, m)
			return true
		}
		return false
	})
	return taken
}

// deliver delivers, in order, until nothing that is on these ways is left. What is for a node that is down is lost.
func (p *Play) deliver(args []string) error {
	most := everything
	if len(args) > 0 {
		if n, err := strconv.Atoi(args[0]); err == nil {
			most, args = n, args[1:]
		}
	}
	return p.pass(most, func(m protocol.Message) bool { return on(args, m) })
}

// pass delivers so many of the messages that may pass, and of those that come of it.
func (p *Play) pass(most int, may func(protocol.Message) bool) error {
	for range most {
		i := slices.IndexFunc(p.network, may)
		if i < 0 {
			return nil
		}
		m := p.network[i]
		p.network = slices.Delete(p.network, i, i+1)
		if p.actors[m.To].core == nil {
			p.say("%s→%s %v  lost", m.From, m.To, m.Body)
			continue
		}
		p.say("%s→%s %v", m.From, m.To, m.Body)
		p.step(m.To, protocol.Receive{Message: m})
	}
	if most == everything {
		return errors.New("it has no end")
	}
	return nil
}

// step takes one step of a node, unless it is down.
func (p *Play) step(id protocol.NodeID, in protocol.Input) {
	a := p.actors[id]
	if a.core == nil {
		return
	}
	out := a.core.Step(in)
	if p.Seen != nil {
		p.Seen(id, in, out)
	}
	for _, r := range out.Persist {
		if r.Checkpoint {
			a.disk = nil
		}
		a.disk = append(a.disk, r)
	}
	for _, m := range out.Send {
		if !p.cut[way{m.From, m.To}] {
			p.network = append(p.network, m)
		}
	}
	for _, r := range out.Reply {
		p.say("%s answers %s: %s", id, p.asked[r.ID-1], p.answer(r))
	}
	if err := p.watch.After(id, a.core, in, &out); err != nil {
		p.say("%s breaks %v", id, err)
	}
}

func (p *Play) answer(r protocol.Reply) string {
	text := "unknown, " + r.Reason
	switch r.Outcome {
	case protocol.Done:
		return p.Result(r.Result)
	case protocol.Rejected:
		text = "rejected, " + r.Reason
	}
	if r.Leader != "" {
		text += ", try " + string(r.Leader)
	}
	return text
}

func (p *Play) say(format string, v ...any) { fmt.Fprintf(&p.said, format+"\n", v...) }

// results are what was said since the last time, and the nodes that have changed.
func (p *Play) results() string {
	for _, id := range p.ids {
		a := p.actors[id]
		now := "down"
		if a.core != nil {
			now = p.Describe(a.core, a.disk)
		}
		if now != a.shown {
			a.shown = now
			p.say("%s %s", id, now)
		}
	}
	text := p.said.String()
	p.said.Reset()
	if text == "" {
		return "ok\n"
	}
	return text
}
