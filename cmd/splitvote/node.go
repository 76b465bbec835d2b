package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/splitvote/splitvote/node"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/targets/bundled"
)

// nodeFlags are the flags of node as they are written.
type nodeFlags struct {
	protocol, id, peerListen, clientListen, data, bug, ofRun string
	members                                                  []string
	peers, options                                           map[string]string
	tick                                                     time.Duration
	seed                                                     uint64
}

func nodeCommand() *cobra.Command {
	var n nodeFlags
	cmd := &cobra.Command{
		Use:   "node",
		Short: "run one node of a bundled protocol, until SIGTERM",
		Long: `Run one node of a bundled protocol: what the containers and child processes of a run are made of.

Clients speak to it over HTTP, as in
  curl -d 1 localhost:8001/v1/register/x/write
  curl      localhost:8001/v1/register/x/read
  curl      localhost:8001/status

A flag that is not given is read from the environment: --peer-listen from SPLITVOTE_PEER_LISTEN, and so on.

Exit status: 0 stopped by SIGTERM or SIGINT · 254 usage · 255 the node cannot start or go on`,
		Args: exactly(0, "no arguments"),
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return fromEnvironment(cmd.Flags())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return n.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&n.protocol, "protocol", "raft", "what the nodes speak; splitvote list targets names them")
	f.StringVar(&n.id, "id", "", "this node's name")
	f.StringSliceVar(&n.members, "members", nil,
		"the cluster's first members, this one among them unless it is to be added later")
	f.StringToStringVar(&n.peers, "peers", nil, "where to dial the others: n2=host:port,n3=host:port")
	f.StringVar(&n.peerListen, "peer-listen", "127.0.0.1:7001", "host:port for the other nodes")
	f.StringVar(&n.clientListen, "client-listen", "127.0.0.1:8001", "host:port for clients")
	f.StringVar(&n.data, "data", "", "directory for what must survive")
	f.DurationVar(&n.tick, "tick", 25*time.Millisecond, "length of the protocol's tick")
	f.Uint64Var(&n.seed, "seed", 1, "seed of the protocol's random draws")
	f.StringToStringVar(&n.options, "set", nil, "setting of the protocol, key=value; may be repeated")
	f.StringVar(&n.bug, "bug", "", "planted bug to switch on; splitvote list bugs names them")
	f.StringVar(&n.ofRun, "run", "",
		"name of the run that the node belongs to: it refuses peers and clients of other runs")
	return cmd
}

// fromEnvironment sets the flags that were not given to what the environment says of them.
func fromEnvironment(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "SPLITVOTE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, set := os.LookupEnv(name)
		if !set || f.Changed {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return usage(err)
	}
	return nil
}

func (n *nodeFlags) run(cmd *cobra.Command) error {
	p, err := protocolNamed(n.protocol)
	if err != nil {
		return usage(err)
	}
	c := node.Config{
		ID: protocol.NodeID(n.id), Protocol: p, Options: n.options, Bug: n.bug, Data: n.data, Tick: n.tick,
		Seed:  n.seed,
		Run:   n.ofRun,
		Peers: map[protocol.NodeID]string{},
		Log:   slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)).With("node", n.id),
	}
	for _, id := range n.members {
		c.Members = append(c.Members, protocol.NodeID(id))
	}
	for id, addr := range n.peers {
		c.Peers[protocol.NodeID(id)] = addr
	}
	if err := c.Check(); err != nil {
		return usage(err, "splitvote node --help lists the flags")
	}
	if c.Peer, err = net.Listen("tcp", n.peerListen); err != nil {
		return failed(err)
	}
	if c.Client, err = net.Listen("tcp", n.clientListen); err != nil {
		return failed(errors.Join(err, c.Peer.Close()))
	}
	if err := node.Run(cmd.Context(), c); err != nil {
		return failed(err)
	}
	return nil
}

func protocolNamed(name string) (protocol.Protocol, error) {
	var names []string
	for _, t := range bundled.All() {
		if t.Name() == name {
			return t.Protocol(), nil
		}
		names = append(names, t.Name())
	}
	return protocol.Protocol{}, fmt.Errorf("no protocol %q: there is %s", name, strings.Join(names, ", "))
}
