package gossip

import (
	"strconv"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

var null = []byte("null")

// propose answers from this replica's state. A change is durable here, and nowhere else, before the
// answer leaves.
func (n *node) propose(in protocol.Propose) {
	c, err := decode(in.Command)
	if err != nil {
		n.done(in.ID, kv.Result{Err: "not a command"})
		return
	}
	if c.F == "write" && n.settings.wall && n.wall == 0 {
		n.reject(in.ID, "has not read its clock yet")
		return
	}
	result, change := n.call(c)
	if n.bug.tombstoneForgotten && c.Object == "set" && c.F == "remove" && change.Set != nil {
		o := n.objects[change.Name]
		s := o.state
		s.Set = s.Set.without(c.Value)
		n.set(o, s)
		n.keep(pointWrite, s)
	} else if change.Register != nil || change.Counter != nil || change.Set != nil {
		n.learn(change)
		n.keep(pointWrite, change)
	}
	n.done(in.ID, result)
}

// decode reads a command; an empty value is null.
func decode(command []byte) (kv.Command, error) {
	c, err := kv.Decode(command)
	if len(c.Value) == 0 {
		c.Value = null
	}
	return c, err
}

// call returns the answer to a client's call and the change that it makes, which can be empty.
func (n *node) call(c kv.Command) (answer kv.Result, change State) {
	change.Name = Name{c.Object, c.Key}
	var s State
	if o := n.objects[change.Name]; o != nil {
		s = o.state
	}
	yes := kv.Result{OK: true}
	switch c.Object + " " + c.F {
	case "register read":
		yes.Value = s.Register.value()
	case "register write":
		change.Register = &Register{n.stamp(), c.Value}
	case "counter read":
		yes.Value = strconv.AppendInt(nil, s.Counter.value(), 10)
	case "counter add":
		by, err := strconv.ParseInt(string(c.Value), 10, 64)
		if err != nil {
			return kv.Result{Err: "add wants a whole number"}, change
		}
		if by == 0 {
			break
		}
		if change.Counter = s.Counter.add(Mark{Node: n.id}, by); change.Counter == nil {
			return kv.Result{Err: "counter would overflow"}, change
		}
	case "set read":
		yes.Value = s.Set.values()
	case "set contains":
		has := strconv.AppendBool(append(append([]byte{'['}, c.Value...), ','), s.Set.contains(c.Value))
		yes.Value = append(has, ']')
	case "set add":
		n.clock++
		change.Set = Set{{Value: c.Value, Added: Vector{{n.id, n.clock}}}}
	case "set remove":
		change.Set = s.Set.remove(c.Value)
	default:
		why := "served are counter, register and set"
		if err := kv.Check(c.Object, c.F); err != nil {
			why = err.Error()
		}
		return kv.Result{Err: why}, change
	}
	return yes, change
}

// stamp returns the stamp for a write made now.
func (n *node) stamp() Stamp {
	if n.settings.wall {
		n.wall++
		return Stamp{n.wall, n.id}
	}
	n.clock++
	return Stamp{n.clock, n.id}
}

func (n *node) done(id uint64, r kv.Result) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Result: r.Encode()})
}
