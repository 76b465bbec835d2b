package kv

import "github.com/splitvote/splitvote/protocol"

// Accesses lists the keys of a command (protocol.Divisible), each as a storage and a key in it.
// Invalid
// commands, and commands refused in every state, have none.
func (s *Store) Accesses(command []byte) []protocol.Access {
	c, steps := dissect(command)
	at := map[string]int{}
	var all []protocol.Access
	for _, one := range steps {
		key := path(c, one)
		i, seen := at[key]
		if !seen {
			i, at[key] = len(all), len(all)
			all = append(all, protocol.Access{Key: key})
		}
		all[i].Write = all[i].Write || one.write
	}
	return all
}

func path(c Command, s step) string { return kinds[c.Object].storage + "/" + s.key }

// dissect decodes a command and splits it into steps.
func dissect(command []byte) (Command, []step) {
	c, err := Decode(command)
	k := kinds[c.Object]
	if err != nil || k.calls[c.F] == 0 {
		return c, nil
	}
	if len(c.Value) == 0 {
		c.Value = null
	}
	if k.compound == nil {
		return c, []step{{key: c.Key, write: k.calls[c.F] == changes}}
	}
	steps, _ := k.compound.split(c)
	return c, steps
}

// nothing is a command that touches no key.
var nothing = Command{Object: "list-append", F: "txn", Value: []byte("[]")}.Encode()

// Part returns part of a command (protocol.Divisible). A command without keys is its own part.
func (s *Store) Part(command []byte, here func(key string) bool) []byte {
	c, steps := dissect(command)
	c.Session, c.Seq = "", 0
	var left []step
	for _, one := range steps {
		if here(path(c, one)) {
			left = append(left, one)
		}
	}
	switch {
	case len(left) == len(steps):
		return c.Encode()
	case len(left) == 0:
		return nothing
	default:
		return kinds[c.Object].compound.pack(c, left).Encode()
	}
}

// Agreed reports whether a result belongs to a command that takes effect (protocol.Divisible).
func (s *Store) Agreed(result []byte) bool {
	r, err := DecodeResult(result)
	return err == nil && r.OK
}

// Join returns a command's result from those of its parts (protocol.Divisible).
func (s *Store) Join(command []byte, results [][]byte) []byte {
	c, steps := dissect(command)
	found := map[string][][]byte{} // what was read, by key
	for _, result := range results {
		r, err := DecodeResult(result)
		switch {
		case err != nil:
			return no(err.Error()).Encode()
		case !r.OK, !Compound(c.Object):
			return result
		case len(r.Value) == 0:
			continue
		}
		read, err := kinds[c.Object].compound.unpack(r.Value)
		if err != nil {
			return no(err.Error()).Encode()
		}
		for key, values := range read {
			found[key] = append(found[key], values...)
		}
	}
	answers := make([][]byte, len(steps))
	for i, one := range steps {
		if one.write {
			continue
		}
		values := found[one.key]
		if len(values) == 0 {
			return no("no part answered the read of " + one.key).Encode()
		}
		answers[i], found[one.key] = values[0], values[1:]
	}
	return ok(kinds[c.Object].compound.join(steps, answers)).Encode()
}
