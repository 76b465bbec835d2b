package protocol

// NodeID names a member of the cluster. Names are compared, never parsed.
type NodeID string

// Input is one thing that happens to a node: a [Tick], a [Receive], a [Propose], a [Transfer] or a [Reconfigure].
type Input interface{ input() }

// Tick says that one tick of the node's own monotonic clock has passed. How long a tick is, is the host's business: a
// core counts ticks and knows no other time.
type Tick struct {
	// Wall is the node's wall clock in nanoseconds. It may be wrong by any amount and may jump; only what must read a
	// clock (a lease that trusts it) looks here.
	Wall int64
	// Draw is a fresh random number. Randomness is an input, so that a core remains a function.
	Draw uint64
}

// Receive says that a message has arrived. A network may lose, delay, repeat and reorder messages; it does not forge them.
type Receive struct{ Message Message }

// Propose is a client's request. Exactly one [Reply] with the same ID follows in this or a later Output of this core,
// unless the node crashes first.
type Propose struct {
	ID       uint64 // chosen by the host, never used twice in one life of the node
	Command  []byte // for the Machine; never changed by anyone
	ReadOnly bool   // the command changes nothing: Machine.Query can answer it
	// Seen is the greatest Reply.Position that this client was told, by whatever node; 0 for none. A protocol whose nodes
	// answer from states that lag serves nobody who has seen more.
	Seen uint64
}

// Transfer asks the node, if it leads, to hand leadership to another. The Reply says whether the attempt was begun.
type Transfer struct {
	ID uint64
	To NodeID
}

// Reconfigure asks for a change of membership by one node: exactly one of Add and Remove is set. The Reply comes when the
// change is committed.
type Reconfigure struct {
	ID          uint64
	Add, Remove NodeID
}

func (Tick) input()        {}
func (Receive) input()     {}
func (Propose) input()     {}
func (Transfer) input()    {}
func (Reconfigure) input() {}

// Output is what a node wants done, in this order (P2): make Persist durable, then let Send and Reply leave. Outputs of
// one core are carried out in the order in which Step returned them; a host may go on stepping while a write is under
// way, as long as nothing overtakes it.
//
// The slices belong to the core and are valid until its next Step; what they point at is never changed by anyone (P3).
type Output struct {
	Persist []Record
	// Unsynced says that Send and Reply need not wait for Persist to be durable. No correct core of ours sets it; it is
	// how a planted bug forgets its fsync.
	Unsynced bool
	Send     []Message
	Apply    []Entry // what the Machine was given in this step, for observers; nothing is left to do with it
	Reply    []Reply
	// Point names the protocol's moment that this Output is ("vote", "append", "install-snapshot"), "" for none. A
	// nemesis may crash the node before, in the midst of, or after carrying out an Output with a given point.
	Point string
}

// Reset empties the Output for the next Step, and keeps its memory.
func (o *Output) Reset() {
	*o = Output{Persist: o.Persist[:0], Send: o.Send[:0], Apply: o.Apply[:0], Reply: o.Reply[:0]}
}

// Record is one entry of a node's write-ahead log. The host gives a restarted core every record that survived, oldest
// first, beginning with the last Checkpoint if there is one. Records of one log survive a crash as a prefix.
type Record struct {
	Checkpoint bool // replaces every earlier record
	Data       any  // one of the types that the protocol's Codec knows
}

// Message goes from one member to another.
type Message struct {
	From, To NodeID
	Body     any // one of the types that the protocol's Codec knows; prints as in the transcripts (fmt.Stringer)
}

// Entry is a command that the Machine was given.
type Entry struct {
	Index   uint64 // position in the replicated log, from 1
	Term    uint64 // term, ballot or epoch in which it was proposed
	Command []byte // empty for a protocol's own entries (no-op, configuration)
}

// Outcome says what became of a request.
type Outcome uint8

// The outcomes of a request.
const (
	Done     Outcome = iota // carried out; Result holds the answer
	Rejected                // certainly not carried out, now or later; Leader may say who could
	Unknown                 // may have been, or may yet be, carried out
)

// Reply answers a Propose, Transfer or Reconfigure.
type Reply struct {
	ID      uint64
	Outcome Outcome
	Result  []byte
	Leader  NodeID // where to go instead, if known
	Reason  string // why not, in a few words
	// Position is how far in the replicated history the state was that Result is of: a greater one is never of an earlier
	// state. 0 where a protocol knows no such thing, or has no use for it.
	Position uint64
}

// Status is what a node would say of itself.
type Status struct {
	Role    string // the protocol's own word: "leader", "follower", "candidate", "acceptor" ...
	Leader  NodeID // whom it believes to lead, "" if unknown or if the protocol has no leader
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

// Machine is the deterministic state machine that the members replicate. A core owns its Machine and calls nothing but
// these four.
type Machine interface {
	Apply(command []byte) (result []byte)
	Query(command []byte) (result []byte) // changes nothing
	Snapshot() []byte
	Restore(snapshot []byte) error // empty: the initial state
}

// Codec turns message bodies and record data into bytes and back, for hosts that have a real network and a real disk.
type Codec interface {
	Marshal(v any) ([]byte, error)
	Unmarshal(data []byte) (any, error)
}

// Config is what a core is made from.
type Config struct {
	ID      NodeID
	Members []NodeID          // the initial configuration, in a fixed order; ID may be absent: a node that will be added
	Options map[string]string // every option of Protocol.Options has its value here, validated
	Bug     string            // the planted bug that is switched on, "" in every correct build
	Machine Machine           // in its initial state
}

// Option is a setting of a protocol.
type Option struct {
	Name    string
	Default string
	Values  []string // the values allowed; empty: a whole number from 1
	Draw    []string // what a campaign may draw: a correct build keeps its promises with each; empty: the default only
	Doc     string   // one sentence
	// Promises names, for a value with which a correct build promises something else than Protocol.Consistency, what.
	Promises map[string]string
}

// Invariants watches every node of a simulated cluster and says when a numbered invariant of the protocol is broken.
type Invariants interface {
	// After is called after every Step.
	After(id NodeID, core Core, in Input, out *Output) error
	// Restarted is called with the new core when a node comes back after a crash.
	Restarted(id NodeID, core Core) error
}

// Protocol is all that a host needs to run a protocol: data, no registry.
type Protocol struct {
	Name       string
	Doc        string // one sentence
	New        func(Config, []Record) (Core, error)
	Codec      Codec
	Invariants func() Invariants
	Options    []Option
	Mutants    []Mutant
	Points     []string // every Output.Point it uses
	// Objects names those of package kv that it can serve; empty: all of them.
	Objects []string
	// Unrepeatable says that nothing recognises a repeated command: where its outcome is unknown, asking again may carry
	// it out twice.
	Unrepeatable bool
	// Lacks are the kinds of faults that find nothing here to act on: "members" where the membership is fixed, "transfer"
	// where nobody leads.
	Lacks []string
	// Consistency is what a correct build promises, in the words of package checker/weak; empty: linearizability. The value of
	// an option may change it: see Promise.
	Consistency string
	// Settle is how many ticks after the last fault replicas may still differ in what they answer, 0 where every answer is
	// the cluster's.
	Settle int
	// Apart are pairs that a correct build need not survive together, each an option as name=value or a kind of fault.
	Apart [][2]string
	// Attacks are pairs of an option as name=value and the kind of fault that it fears most: a campaign draws the two together
	// more often than chance would.
	Attacks [][2]string
}

// Defaults are the values of its options where nobody sets them, by name.
func (p Protocol) Defaults() map[string]string {
	values := make(map[string]string, len(p.Options))
	for _, o := range p.Options {
		values[o.Name] = o.Default
	}
	return values
}

// Promise is what a correct build promises with these settings, those that are absent having their defaults: Consistency,
// or what the value of an option makes of it.
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
