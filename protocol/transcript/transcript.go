package transcript

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/protocol"
)

// Stage is the setting in which a transcript is played.
type Stage struct {
	Protocol protocol.Protocol
	Bug      string // planted bug, "" for none
	Machine  func() protocol.Machine
	// Request builds a client's request from the words after ask NODE. The number counts the
	// requests
	// before it.
	Request func(words []string, number int) (command []byte, readOnly bool, err error)
	// Result formats the result of a completed request.
	Result func([]byte) string
	// Describe formats a node's state, from what it reports and from its disk.
	Describe func(protocol.Core, []protocol.Record) string
	// Tick is the input for every tick, including its draw.
	Tick protocol.Tick
	// More holds the protocol's own commands, by their first word. They take precedence over the
	// built-in
	// ones.
	More map[string]func(p *Play, args []string) error
	// Seen, if set, is called after every step.
	Seen func(protocol.NodeID, protocol.Input, protocol.Output)
}

// Play returns the transcript with its current results. An error names the command that makes no
// sense.
func (s Stage) Play(text string) (string, error) {
	var out strings.Builder
	p := &Play{Stage: s}
	results := false // of the block before, which are replaced
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

// Play is a cluster in the middle of a transcript.
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

const everything = 1000 // messages; a transcript that delivers more is taken to be endless

var errNoNode = errors.New("no such node")

// do carries out one command.
func (p *Play) do(words []string) error {
	name, args := words[0], words[1:]
	if more, known := p.More[name]; known {
		return more(p, args)
	}
	switch name {
	case "nodes": // nodes NAME ... [spare=NAME,...] [option=value ...]: a new cluster; spares run but are not members
		return p.build(args)
	case "ask": // ask NODE WORD ...: a client's request
		return p.ask(args)
	case "transfer": // transfer NODE TO: ask NODE to hand leadership over
		return p.order(name, args, func(id uint64, to protocol.NodeID) protocol.Input {
			return protocol.Transfer{ID: id, To: to}
		})
	case "add": // add NODE OTHER: ask NODE to make OTHER a member
		return p.order(name, args, func(id uint64, other protocol.NodeID) protocol.Input {
			return protocol.Reconfigure{ID: id, Add: other}
		})
	case "remove": // remove NODE OTHER
		return p.order(name, args, func(id uint64, other protocol.NodeID) protocol.Input {
			return protocol.Reconfigure{ID: id, Remove: other}
		})
	case "crash": // crash NODE: it stops; only its disk remains
		return p.on(args, func(_ protocol.NodeID, a *actor) error { a.core = nil; return nil })
	case "restart": // restart NODE
		return p.on(args, p.start)
	case "wipe": // wipe NODE: empty its disk
		return p.on(args, func(_ protocol.NodeID, a *actor) error { a.disk = nil; return nil })
	case "tick": // tick N [NODE ...]: N ticks of these nodes, or of all
		return p.tick(args)
	case "partition": // partition n1,n2 n3: messages sent between groups from now on are lost
		p.partition(args)
	case "heal": // heal: remove all cuts
		p.cut = nil
	// deliver [N] [A→B ...]: deliver what is on these links and what follows on them, at most N; *
	// is any node
	case "deliver":
		return p.deliver(args)
	case "drop": // drop [A→B ...]: lose what is on these links
		for _, m := range p.take(args) {
			p.say("%s→%s %v  lost", m.From, m.To, m.Body)
		}
	case "hold": // hold [A→B ...]: keep what is on these links until it is released
		p.held = append(p.held, p.take(args)...)
	case "repeat": // repeat [A→B ...]: what is on these links arrives again when it is released
		for _, m := range p.network {
			if on(args, m) {
				p.held = append(p.held, m)
			}
		}
	case "release": // release: deliver held messages after all others
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

// on calls f with the node that the first argument names.
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

// order asks the first node to do something with the second.
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

// propose sends the node a request; what names it.
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

// on reports whether m is on one of the links A→B; with no links, every message is.
func on(ways []string, m protocol.Message) bool {
	return len(ways) == 0 || slices.ContainsFunc(ways, func(w string) bool {
		from, to, _ := strings.Cut(w, "→")
		return (from == "*" || from == string(m.From)) && (to == "*" || to == string(m.To))
	})
}

// take removes the messages on these links from the network.
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

// deliver delivers, in order, until nothing is left on these links. Messages for a node that is
// down
// are lost.
func (p *Play) deliver(args []string) error {
	most := everything
	if len(args) > 0 {
		if n, err := strconv.Atoi(args[0]); err == nil {
			most, args = n, args[1:]
		}
	}
	return p.pass(most, func(m protocol.Message) bool { return on(args, m) })
}

// pass delivers up to most of the messages that may accepts, including those sent as a consequence.
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

// step makes a node take one step, unless it is down.
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

// results returns the output since the last call, and the nodes that have changed.
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
