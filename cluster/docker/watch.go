package docker

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
)

// watch listens to the engine and tells of members, side containers and networks that ended though
// nothing in this run ended them, and of the engine's own end.
func (c *Cluster) watch() {
	filters := client.Filters{}.Add("type", "container", "network").Add("event", "kill", "die", "disconnect")
	heard := c.engine.api.Events(c.ctx, client.EventsListOptions{Filters: filters}) // returns once the engine listens
	c.work.Go(func() {
		for _, n := range c.nodes { // what ended before the engine listened
			if state, err := c.engine.state(c.ctx, n); err == nil && !state.Running && n.deaths.Load() == 0 {
				c.died(n, state.ExitCode, "")
			}
		}
		signals := map[string]string{} // by container: that somebody else had the engine send
		for {
			select {
			case e := <-heard.Messages:
				c.hear(e, signals)
			case err := <-heard.Err:
				if c.ctx.Err() == nil {
					c.exited(cluster.Exit{How: "lost", Outside: fmt.Sprintf("the engine no longer answers: %v",
						cause(err))})
				}
				return
			}
		}
	})
}

// hear makes of an event what it means to the run.
func (c *Cluster) hear(e events.Message, signals map[string]string) {
	of := e.Actor.ID
	if e.Type == events.NetworkEventType {
		if e.Actor.Attributes["name"] == c.network && !c.found() && e.Action == events.ActionDisconnect {
			c.exited(cluster.Exit{How: "cut off", Outside: "a container was taken off the run's network"})
		}
		return
	}
	for _, n := range c.nodes {
		side := n.neighbour()
		switch {
		case n.container == of && e.Action == events.ActionKill && n.deaths.Load() == 0:
			signals[of] = e.Actor.Attributes["signal"]
		case n.container == of && e.Action == events.ActionDie:
			code, _ := strconv.Atoi(e.Actor.Attributes["exitCode"])
			if ours := n.countOff(); !ours || code != killed {
				c.died(n, code, signals[of])
			}
			delete(signals, of)
		case side != nil && side.container == of && e.Action == events.ActionDie && !c.found():
			c.exited(cluster.Exit{Node: n.id, How: "exit status " + e.Actor.Attributes["exitCode"],
				Outside: "has lost its side container, and with it its network"})
		}
	}
}

// outsiders are the exit statuses of processes that a signal ended which a process never gets for a
// fault of its own.
var outsiders = map[int]string{129: "SIGHUP", 130: "SIGINT", killed: "SIGKILL", 143: "SIGTERM"}

// died tells of a member's end. signal is what somebody else had the engine send to it, "" for
// nothing.
func (c *Cluster) died(n *node, code int, signal string) {
	if c.ctx.Err() != nil || c.closing.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, logLimit)
	defer cancel()
	e := cluster.Exit{Node: n.id, How: fmt.Sprintf("exit status %d", code), File: c.logFile(n)}
	found, err := c.engine.api.ContainerInspect(ctx, n.container, client.ContainerInspectOptions{})
	switch name := outsiders[code]; {
	case gone(err) == nil && err != nil || err == nil && removing(found.Container.State):
		e.Outside = "was removed from outside the run"
	case err == nil && found.Container.State.OOMKilled:
		e.Outside = "was killed: the kernel was out of memory"
	case signal != "" || name != "":
		e.Outside = fmt.Sprintf("was killed from outside the run, with %s", cmp.Or(name, "signal "+signal))
	}
	if err == nil {
		e.Log = c.lastLines(ctx, n)
	}
	c.exited(e)
}

func removing(s *container.State) bool {
	return s.Status == container.StateRemoving || s.Status == container.StateDead
}

// exited tells of an exit, unless the cluster is being taken down.
func (c *Cluster) exited(e cluster.Exit) {
	if c.closing.Load() || c.ctx.Err() != nil {
		return
	}
	switch {
	case e.Outside == "":
		c.say("%s ended by itself, %s; it last said (%s):%s", e.Node, e.How, e.File, live.Folded(e.Log))
	case e.Node == "":
		c.say("%s", e.Outside)
	default:
		c.say("%s %s (%s)", e.Node, e.Outside, e.How)
	}
	c.Exited(e)
}
