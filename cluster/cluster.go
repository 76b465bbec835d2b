package cluster

import (
	"context"
	"io"
	"time"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

// Cluster is a target running on a backend. One goroutine drives it (C1); Invoke and Do never
// block (C2); Next returns completions in time order (C3). A Cluster may have powers (package
// nemesis), depending on the backend.
type Cluster interface {
	Nodes() []history.NodeID
	// Now is the time since the cluster was opened: virtual in sim, monotonic elsewhere.
	Now() time.Duration
	// Invoke starts a client's call. Its completion comes out of Next, exactly once. The process of
	// op has no other call under way.
	Invoke(op history.Op)
	// Do runs a fault beside the clients' calls. The operation that f returns comes out of Next,
	// exactly once. In sim f runs at once, at one moment of virtual time.
	Do(op history.Op, f func(context.Context) history.Op)
	// Next waits for a completion until the deadline and reports whether one arrived. It returns
	// false once Now() >= until or ctx is done.
	Next(ctx context.Context, until time.Duration) (history.Op, bool)
	// Close ends every call, stops everything that was started, and is safe to call twice.
	Close() error
}

// Config is what a backend needs to open a cluster.
type Config struct {
	Target  Target
	Nodes   []history.NodeID
	Object  string            // what the workload works on: register, append-list, set ... (Target.Objects)
	Options map[string]string // the target's settings, validated, each with its value
	Bug     string            // planted bug, "" for none
	Seed    uint64
	Retry   Retry
	Tick    time.Duration // length of a bundled core's tick
	Dir     string        // the run's directory, for nodes/<node>.log and the nodes' data; "" in sim keeps nothing
	Run     string        // a name unique to this run: labels, container names
	Log     io.Writer     // progress of the backend, a line at a time; never nil
	// OnStatus, if set, is called whenever a node's status has changed. Calls do not overlap.
	OnStatus func(at time.Duration, node history.NodeID, s Status)
	// OnExit, if set, is called for every exit that this run did not cause, while the cluster is
	// open. Calls do not overlap. It must not call Close. In sim there are no such exits.
	OnExit func(Exit)
	// Reaper, if set, is told before a backend makes something that would outlive a killed
	// harness.
	Reaper interface{ Note(kind, name string) error }
}

// Kinds of things that a reaper removes, or puts right.
const (
	ReapLocal  = "local"     // the ledger of a cluster of child processes
	ReapDocker = "docker"    // a run's containers and networks
	ReapHidden = "temporary" // a directory whose hidden files are temporary
	ReapClient = "client"    // a run's client programs
	ReapFound  = "found"     // a container that was found running, to be resumed or started
)

// Status is a node's own report; Up is false while it cannot be asked.
type Status struct {
	Up      bool           `json:"up"`
	Role    string         `json:"role,omitempty"`
	Leader  history.NodeID `json:"leader,omitempty"`
	Term    uint64         `json:"term,omitempty"`
	Commit  uint64         `json:"commit,omitempty"`
	Applied uint64         `json:"applied,omitempty"`
}

// Observer is a cluster that can ask a node for its status.
type Observer interface {
	Status(ctx context.Context, node history.NodeID) (Status, error)
}

// Target is a system under test. It is data and a way to talk to it; it never launches anything
// itself.
type Target interface {
	Name() string
	// Objects lists what a workload can work on here: names of models.
	Objects() []string
	// Launch says how one member is started.
	Launch(Member) Launch
	// Dial makes a client of the node at addr (host:port of its client port) for one process. It
	// need not connect yet.
	Dial(ctx context.Context, addr string, s Session) (Client, error)
	// Status asks the node at addr for its status.
	Status(ctx context.Context, addr string) (Status, error)
}

// Clock is the difference between a node's clocks and the machine's: its wall clock is ahead by
// Offset, and both its clocks run fast by Drift parts per million.
type Clock struct {
	Offset time.Duration
	Drift  int64
}

// Clocked is a target whose nodes have clocks of their own, which can be set wrong without touching
// the machine's.
type Clocked interface {
	// SetClock sets the clocks of the node at addr and returns the previous setting.
	SetClock(ctx context.Context, addr string, c Clock) (was Clock, err error)
}

// Session identifies the process for which a client speaks.
type Session struct {
	Process history.Process
	Object  string
	Run     string // names the run, so that two runs' sessions never collide
	// Seen is the greatest protocol.Reply.Position that any node has told the process. The clients
	// of all its nodes honour and raise it; one goroutine at a time uses them. nil: not
	// remembered.
	Seen *uint64
}

// Client speaks to one node for one process. Its methods are called by one goroutine at a time.
type Client interface {
	// Invoke makes one attempt at a call. It returns when ctx is done at the latest. One place per
	// target decides which errors mean fail and which mean info; if unsure, info. Attempts at one
	// call have the same op.Index, and later calls of the process greater ones, so a target can
	// tell a repeated request from a new one.
	Invoke(ctx context.Context, op history.Op) Answer
	Close() error
}

// Answer is the result of one attempt at a call.
type Answer struct {
	Op history.Op // the completion: Kind ok, fail or info, with Value, Node and Err
	// Again says that another attempt, here or elsewhere, is safe: this one certainly had no
	// effect, or the target recognises a repeated request.
	Again bool
	// Leader is where to try next, "" if unknown.
	Leader history.NodeID
}

// Member is a node about to be launched, as the backend has placed it.
type Member struct {
	ID      history.NodeID
	Members []history.NodeID
	Peer    string                    // host:port on which it must listen for its peers
	Client  string                    // host:port on which it must listen for clients
	Address string                    // host:port at which peers find it, without a proxy in between
	Peers   map[history.NodeID]string // host:port at which it must dial each other member (perhaps a proxy's)
	Data    string                    // directory that survives a kill
	Options map[string]string
	Bug     string
	Tick    time.Duration
	Seed    uint64
	Run     string // names the run, so that a node rejects nodes of another run
}

// Launch says how to start a member: data, for a backend to carry out.
type Launch struct {
	Image string   // container image; "" is the image made of our own binary
	Argv  []string // arguments; with Image "" those of our own binary, also in local
	Env   []string // NAME=value
	// OnePort says that members serve peers on the port on which they serve clients. It is the same
	// for all members.
	OnePort bool
	// Port serves a container's clients; 0: the backend chooses. It is the same for all members.
	Port  uint16
	Local *Command // what a child process runs instead of our own binary; nil: nothing else
	// Ready is the path of an HTTP endpoint on the client port that answers 200 once the node
	// serves; "": it serves when the target can ask it for its status.
	Ready string
	// Within is how long a member may take until it serves; 0 is DefaultWithin. It is the same for
	// all members.
	Within time.Duration
	// Stream says that members talk in byte streams, of which no part can be lost by itself,
	// instead of frames (package node/frame). It is the same for all members.
	Stream bool
	Err    error // why the member cannot be started, nil if it can
}

// DefaultWithin is how long a member may take until it serves, unless its launch says otherwise.
const DefaultWithin = 60 * time.Second

// Command is a program with its arguments and environment.
type Command struct {
	Argv []string // the program first; one without a slash is looked for in the PATH
	Env  []string // NAME=value, beside our own environment
	Dir  string   // in which it runs
}

// Simulable is a target that can also run inside the simulator.
type Simulable interface {
	Target
	Protocol() protocol.Protocol
	// Machine makes the state machine in its initial state.
	Machine() protocol.Machine
	// Request encodes a call as a command; readOnly as in protocol.Propose.
	Request(op history.Op, s Session, seq uint64) (command []byte, readOnly bool)
	// Complete turns the answer to a call into its completion.
	Complete(op history.Op, r protocol.Reply) Answer
}
