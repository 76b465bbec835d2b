package protocol

// NodeID names a member of the cluster. Names are compared, never parsed.
type NodeID string

// Input is one thing that happens to a node: a [Tick], a [Receive], a [Propose], a [Transfer] or a
// [Reconfigure].
type Input interface{ input() }

// Tick says that one tick of the node's monotonic clock has passed. The host decides how long a
// tick
// is; a core counts ticks and knows no other time.
type Tick struct {
	// Wall is the node's wall clock in nanoseconds. It can be wrong by any amount and can jump.
	// Only code
	// that depends on a clock (a lease that trusts it) uses it.
	Wall int64
	// Draw is a fresh random number. Randomness is an input, so that a core stays a function.
	Draw uint64
}

// Receive says that a message has arrived. A network can lose, delay, repeat and reorder messages;
// it
// does not forge them.
type Receive struct{ Message Message }

// Propose is a client's request. Exactly one [Reply] with the same ID follows, in this Output or in
// a
// later one, unless the node crashes first.
type Propose struct {
	ID       uint64 // chosen by the host, never used twice between two restarts
	Command  []byte // for the Machine; never modified
	ReadOnly bool   // the command changes nothing, so Machine.Query can answer it
	// Seen is the greatest Reply.Position that any node has told this client; 0 for none. In a
	// protocol
	// whose nodes answer from lagging states, a node refuses a client that has seen more than the
	// node.
	Seen uint64
}

// Transfer asks the node, if it leads, to hand leadership to another node. The Reply says whether
// the
// attempt was started.
type Transfer struct {
	ID uint64
	To NodeID
}

// Reconfigure asks for a membership change of one node: exactly one of Add and Remove is set. The
// Reply comes when the change is committed.
type Reconfigure struct {
	ID          uint64
	Add, Remove NodeID
}

func (Tick) input()        {}
func (Receive) input()     {}
func (Propose) input()     {}
func (Transfer) input()    {}
func (Reconfigure) input() {}

// Output is what a node wants done, in this order (P2): first make Persist durable, then release
// Send
// and Reply. The Outputs of one core are carried out in the order in which Step returned them. A
// host
// can keep stepping during a write, as long as nothing overtakes it.
//
// The slices belong to the core and are valid until its next Step. The data they point at is never
// changed (P3).
type Output struct {
	Persist []Record
	// Unsynced says that Send and Reply need not wait until Persist is durable. No correct core
	// sets it;
	// planted bugs use it to skip an fsync.
	Unsynced bool
	Send     []Message
	Apply    []Entry // what the Machine was given in this step, for observers; the host does nothing with it
	Reply    []Reply
	// Point names the moment of the protocol that this Output represents ("vote", "append",
	// "install-snapshot"), "" for none. A nemesis can crash the node before, during, or after
	// carrying out
	// an Output with a given point.
	Point string
}

// Reset empties the Output for the next Step and keeps its memory.
func (o *Output) Reset() {
	*o = Output{Persist: o.Persist[:0], Send: o.Send[:0], Apply: o.Apply[:0], Reply: o.Reply[:0]}
}

// Record is one entry of a node's write-ahead log. The host gives a restarted core every record
// that
// survived, oldest first, starting with the last Checkpoint if there is one. The records that
// survive
// a crash are a prefix of the log.
type Record struct {
	Checkpoint bool // replaces every earlier record
	Data       any  // one of the types that the protocol's Codec supports
}

// Message goes from one member to another.
type Message struct {
	From, To NodeID
	Body     any // one of the types that the protocol's Codec supports; its String is what transcripts show
}

// Entry is a command that the Machine was given.
type Entry struct {
	Index   uint64 // position in the replicated log, from 1
	Term    uint64 // term, ballot or epoch in which it was proposed
	Command []byte // empty for a protocol's own entries (no-op, configuration)
}

// Outcome says what happened to a request.
type Outcome uint8

// The outcomes of a request.
const (
	Done     Outcome = iota // carried out; Result holds the answer
	Rejected                // not carried out, and never will be; Leader is the node to ask, if known
	Unknown                 // may have been carried out, or may be later
)

// Reply answers a Propose, Transfer or Reconfigure.
type Reply struct {
	ID      uint64
	Outcome Outcome
	Result  []byte
	Leader  NodeID // the node to ask instead, if known
	Reason  string // the reason for a refusal, in a few words
	// Position is the position in the replicated history of the state that Result describes. A
	// greater
	// position never belongs to an earlier state. It is 0 in protocols without positions or without
	// a use
	// for them.
	Position uint64
}

// Status is what a node reports about itself.
type Status struct {
	Role    string // the protocol's own word: "leader", "follower", "candidate", "acceptor" ...
	Leader  NodeID // the node it believes to lead, "" if unknown or if the protocol has no leader
	Term    uint64 // term, ballot or epoch
	Commit  uint64
	Applied uint64
	Last    uint64 // last position of its log
	Members []NodeID
}

// Core is one member of a replicated state machine, as a pure function over its state (P1).
type Core interface {
	Step(Input) Output
	Status() Status
}

// Machine is the deterministic state machine that the members replicate. A core owns its Machine
// and
// calls only these four methods.
type Machine interface {
	Apply(command []byte) (result []byte)
	Query(command []byte) (result []byte) // changes nothing
	Snapshot() []byte
	Restore(snapshot []byte) error // an empty snapshot is the initial state
}

// Codec encodes and decodes message bodies and record data, for hosts with a real network and a
// real
// disk.
type Codec interface {
	Marshal(v any) ([]byte, error)
	Unmarshal(data []byte) (any, error)
}

// Config is what a core is made from.
type Config struct {
	ID      NodeID
	Members []NodeID          // the initial configuration, in a fixed order; without ID if this node is added later
	Options map[string]string // a validated value for every option of Protocol.Options
	Bug     string            // the planted bug that is switched on, "" in a correct build
	Machine Machine           // in its initial state
}

// Option is a setting of a protocol.
type Option struct {
	Name    string
	Default string
	Values  []string // the allowed values; if empty, any whole number from 1
	Draw    []string // values that a campaign may draw, each safe for a correct build; if empty, only the default
	Doc     string   // one sentence
	// Promises maps a value of this option to the consistency promised with it, for values with
	// which a
	// correct build does not promise Protocol.Consistency.
	Promises map[string]string
}

// Invariants watches every node of a simulated cluster and reports when a numbered invariant of the
// protocol is broken.
type Invariants interface {
	// After is called after every Step.
	After(id NodeID, core Core, in Input, out *Output) error
	// Restarted is called with the new core when a node comes back after a crash.
	Restarted(id NodeID, core Core) error
}

// Protocol is everything a host needs to run a protocol. It is data; there is no registry.
type Protocol struct {
	Name       string
	Doc        string // one sentence
	New        func(Config, []Record) (Core, error)
	Codec      Codec
	Invariants func() Invariants
	Options    []Option
	Mutants    []Mutant
	Points     []string // every Output.Point it uses
	// Objects names the objects of package kv that the protocol can serve; if empty, all of them.
	Objects []string
	// Unrepeatable says that the protocol does not recognise repeated commands: retrying a command
	// with an
	// unknown outcome may carry it out twice.
	Unrepeatable bool
	// Lacks lists the kinds of faults that do not apply: "members" where the membership is fixed,
	// "transfer" where there is no leader.
	Lacks []string
	// Consistency is what a correct build promises, in the words of package checker/weak; if empty,
	// linearizability. The value of an option can change it: see Promise.
	Consistency string
	// Settle is how many ticks after the last fault replicas can still give different answers; 0 if
	// every
	// answer is the cluster's.
	Settle int
	// Apart lists pairs that a correct build need not survive together, each an option as
	// name=value or a
	// kind of fault.
	Apart [][2]string
	// Attacks lists pairs of an option, as name=value, and the kind of fault most dangerous to it.
	// A
	// campaign draws the two together more often than chance would.
	Attacks [][2]string
}

// Defaults returns the default value of each option, by name.
func (p Protocol) Defaults() map[string]string {
	values := make(map[string]string, len(p.Options))
	for _, o := range p.Options {
		values[o.Name] = o.Default
	}
	return values
}

// Promise returns what a correct build promises with these settings; absent ones have their
// defaults.
// It is Consistency unless the value of an option changes it.
func (p Protocol) Promise(set map[string]string) string {
	for _, o := range p.Options {
		value, given := set[o.Name]
		if !given {
			value = o.Default
		}
		if other, changes := o.Promises[value]; changes {
			return other
		}
	}
	return p.Consistency
}
