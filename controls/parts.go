package controls

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/splitvote/splitvote/history"
)

const txn = "txn"

// What calls do, by the names that the models give them.
var (
	updates = map[string]bool{"write": true, "put": true, "add": true, "remove": true, "append": true, "enqueue": true,
		"push": true, "transfer": true}
	conditional = map[string]bool{"cas": true, "acquire": true, "try_acquire": true}
	handsOut    = map[string]bool{"generate": true, "dequeue": true, "pop": true, "acquire": true}
)

// part is one of the things that a call has read: the whole value of a key, an account of a bank,
// or a read of a transaction.
type part struct {
	key   string
	value []byte
	at    int // among the micro-operations of a transaction
}

// observed lists what a completed call has read.
func observed(done history.Op) []part {
	switch done.F {
	case "read", "get":
		var accounts map[string]json.RawMessage
		if json.Unmarshal(done.Value, &accounts) != nil || accounts == nil {
			return []part{{key: done.Key, value: done.Value}}
		}
		var parts []part
		for key, value := range accounts {
			parts = append(parts, part{key: key, value: value})
		}
		slices.SortFunc(parts, func(a, b part) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
		return parts
	case txn:
		var parts []part
		for i, m := range micros(done.Value) {
			if m.f == "r" {
				parts = append(parts, part{key: m.key, value: m.value, at: i})
			}
		}
		return parts
	}
	return nil
}

// rebuilt is the value of a call that has read these parts instead.
func rebuilt(done history.Op, parts []part) json.RawMessage {
	if done.F == txn {
		all := micros(done.Value)
		for _, p := range parts {
			all[p.at].value = p.value
		}
		return encode(all)
	}
	if len(parts) == 1 && parts[0].key == done.Key {
		return parts[0].value
	}
	accounts := map[string]json.RawMessage{}
	for _, p := range parts {
		accounts[p.key] = p.value
	}
	value, err := json.Marshal(accounts)
	if err != nil {
		return done.Value
	}
	return value
}

// changedBy lists the keys that a call updates.
func changedBy(asked history.Op) []string {
	switch {
	case asked.F == "transfer":
		var t struct{ From, To string }
		if json.Unmarshal(asked.Value, &t) != nil {
			return nil
		}
		return []string{t.From, t.To}
	case asked.F == txn:
		return written(asked)
	case updates[asked.F] || asked.F == "cas":
		return []string{asked.Key}
	}
	return nil
}

// written lists the keys that a transaction writes.
func written(asked history.Op) (keys []string) {
	if asked.F != txn {
		return nil
	}
	for _, m := range micros(asked.Value) {
		if m.f != "r" {
			keys = append(keys, m.key)
		}
	}
	return keys
}

// micro is a micro-operation: [f, key, value].
type micro struct {
	f, key string
	value  []byte
}

func micros(value json.RawMessage) []micro {
	var raw [][]json.RawMessage
	if json.Unmarshal(value, &raw) != nil {
		return nil
	}
	list := make([]micro, len(raw))
	for i, m := range raw {
		if len(m) != 3 || json.Unmarshal(m[0], &list[i].f) != nil || json.Unmarshal(m[1], &list[i].key) != nil {
			return nil
		}
		list[i].value = m[2]
	}
	return list
}

func encode(list []micro) json.RawMessage {
	raw := make([][]any, len(list))
	for i, m := range list {
		raw[i] = []any{m.f, m.key, json.RawMessage(m.value)}
	}
	value, err := json.Marshal(raw)
	if err != nil {
		panic(err) // every value was read from JSON
	}
	return value
}

// withoutWrites returns the reads of a transaction, nil if it has none, and the number of its
// writes.
func withoutWrites(value json.RawMessage) (reads json.RawMessage, writes int) {
	all := micros(value)
	left := slices.DeleteFunc(slices.Clone(all), func(m micro) bool { return m.f != "r" })
	if len(left) == 0 {
		return nil, len(all)
	}
	return encode(left), len(all) - len(left)
}

// withWrites is the value of a transaction whose reads alone were made.
func withWrites(asked, read json.RawMessage) json.RawMessage {
	all, reads := micros(asked), micros(read)
	for i := range all {
		if all[i].f == "r" && len(reads) > 0 {
			all[i].value, reads = reads[0].value, reads[1:]
		}
	}
	return encode(all)
}

// refused says that a conditional call was carried out and did nothing: false, [v, false] or
// [old, new, false].
func refused(done history.Op) bool {
	var told []any
	return string(done.Value) == "false" ||
		json.Unmarshal(done.Value, &told) == nil && (len(told) == 2 || len(told) == 3) && told[len(told)-1] == false
}
