package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/protocol"
)

// Config describes a node.
type Config struct {
	ID       protocol.NodeID
	Members  []protocol.NodeID // the initial configuration, the same for every node
	Protocol protocol.Protocol
	Options  map[string]string          // of the protocol; missing ones have their defaults
	Bug      string                     // one of the protocol's mutants, "" for none
	Peers    map[protocol.NodeID]string // host:port at which to dial each other node
	Peer     net.Listener               // for peers; Run closes it
	Client   net.Listener               // for clients; Run closes it
	Data     string                     // directory of the log; no other node may use it
	Run      string                     // names the run that the node belongs to, "" for none
	Tick     time.Duration              // length of the core's tick
	Seed     uint64                     // of the core's random draws
	Log      *slog.Logger
}

// Check reports what is wrong with c, apart from its listeners.
func (c *Config) Check() error {
	for _, id := range append(slices.Clone(c.Members), c.ID) {
		if id == "" || strings.ContainsAny(string(id), " \t\n,=/") {
			return fmt.Errorf("node: %q is no name for a node", id)
		}
	}
	for i, id := range c.Members {
		if slices.Contains(c.Members[:i], id) {
			return fmt.Errorf("node: member %s is named twice", id)
		}
		if _, known := c.Peers[id]; !known && id != c.ID {
			return fmt.Errorf("node: member %s has no address among the peers", id)
		}
	}
	switch {
	case strings.ContainsAny(c.Run, " \t\n"):
		return fmt.Errorf("node: %q is no name for a run", c.Run)
	case len(c.Members) == 0:
		return errors.New("node: the cluster has no members")
	case c.Tick <= 0:
		return fmt.Errorf("node: a tick of %v: want more than 0", c.Tick)
	case c.Data == "":
		return errors.New("node: no data directory")
	}
	if c.Bug != "" {
		known := func(m protocol.Mutant) bool { return m.Name == c.Bug }
		if !slices.ContainsFunc(c.Protocol.Mutants, known) {
			return fmt.Errorf("node: %s has no bug %q", c.Protocol.Name, c.Bug)
		}
	}
	_, err := settle(c.Protocol.Options, c.Options)
	return err
}

// settle returns a value for every option of a protocol.
func settle(options []protocol.Option, given map[string]string) (map[string]string, error) {
	values := map[string]string{}
	for _, o := range options {
		value, set := given[o.Name]
		if !set {
			value = o.Default
		}
		if len(o.Values) > 0 && !slices.Contains(o.Values, value) {
			return nil, fmt.Errorf("node: option %s is %q, want %s", o.Name, value, strings.Join(o.Values, " or "))
		}
		if n, err := strconv.ParseUint(value, 10, 63); len(o.Values) == 0 && (err != nil || n == 0) {
			return nil, fmt.Errorf("node: option %s is %q, want a whole number from 1", o.Name, value)
		}
		values[o.Name] = value
	}
	for name := range given {
		if _, known := values[name]; !known {
			return nil, fmt.Errorf("node: no option %q", name)
		}
	}
	return values, nil
}
