package model

// Info describes a model to its users.
type Info struct {
	Name  string   `json:"name"`
	Doc   string   `json:"doc"`   // one sentence
	Calls []string `json:"calls"` // arguments → result, as in the history format
}

// All lists the models of single objects. A history with keys is the product of one object a key.
func All() []Info {
	return []Info{
		{"register", "One value that is written and read, initially null.",
			[]string{"read null → v", "write v"}},
		{"cas-register", "A register whose value can also be replaced on the condition that it is a certain one.",
			[]string{"read null → v", "write v", "cas [old, new] → [old, new, bool]; false is a mismatch"}},
		{"multi-register", "Several registers, initially null, of which a call reads and writes any number at once.",
			[]string{`txn [["r", register, null → v], ["w", register, v] …]`, "read {register: null → v …}",
				"write {register: v …}"}},
		{"set", "A set of values, initially empty.",
			[]string{"add v → [v, bool]", "remove v → [v, bool]", "contains v → [v, bool]", "read null → [v …]"}},
		{"fifo-queue", "A queue that gives back the values in the order in which they came.",
			[]string{"enqueue v", "dequeue null → v; null is an empty queue",
				"drain null → [v …], dequeues until there is nothing"}},
		{"unordered-queue", "A queue that gives back any of the values that are in it.",
			[]string{"enqueue v", "dequeue null → v; null is an empty queue",
				"drain null → [v …], dequeues until there is nothing"}},
		{"stack", "A stack that gives back the latest value first.",
			[]string{"push v", "pop null → v; null is an empty stack"}},
		{"counter", "A whole number that is added to, initially 0.",
			[]string{"add n → [n, sum]", "read null → n"}},
		{"mutex", "A lock that one process holds at a time, and only its holder releases.",
			[]string{"acquire null", "try_acquire null → bool; false is a held lock", "release null"}},
		{"fenced-mutex", "A mutex that hands its holder a token greater than every token before.",
			[]string{"acquire null → token; false is a held lock", "release null or token"}},
		{"append-list", "A list that grows at its end and is read as a whole.",
			[]string{"append v", "read null → [v …]"}},
		{"unique-ids", "A source of values that never gives the same one twice.",
			[]string{"generate null → id"}},
		{"kv", "A text that is replaced or added to at its end, initially empty.",
			[]string{"get null → s", "put s", "append s"}},
	}
}

// Names are the names of All, in its order.
func Names() []string {
	all := All()
	names := make([]string, len(all))
	for i, info := range all {
		names[i] = info.Name
	}
	return names
}
