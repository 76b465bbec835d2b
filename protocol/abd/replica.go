package abd

import (
	"maps"
	"slices"
)

// replica is a node's copy of the registers. Its values count as on disk: no later message leaves
// before they are durable (protocol.P2).
type replica struct {
	held    map[string]held
	stored  uint64 // values stored in this life
	records int    // since the last checkpoint
	latest  string // key stored last
}

// held is a key's value and its tag; the zero value means that the key was never written.
type held struct {
	tag   Tag
	value []byte
}

// store handles a value from a coordinator.
func (n *node) store(m *Store) {
	if n.keep(m.Key, m.Tag, m.Value) {
		n.point = max(n.point, pointStore)
		n.out.Unsynced = n.bug.unsynced
	}
}

// keep stores the value unless it is older than the held one, and reports whether it did.
func (n *node) keep(key string, tag Tag, value []byte) bool {
	if !n.newer(n.held[key].tag, tag) {
		return false
	}
	n.held[key] = held{tag, value}
	n.persist(&Value{Key: key, Tag: tag, Value: value})
	n.stored++
	n.records++
	n.latest = key
	return true
}

// newer reports whether a value of tag replaces the held one.
func (n *node) newer(held, tag Tag) bool {
	switch {
	case n.bug.overwrites:
		return held != tag
	case n.bug.latestWinsTies:
		return held.Counter <= tag.Counter && held != tag
	case n.bug.firstWinsTies:
		return held.Counter < tag.Counter
	}
	return held.less(tag)
}

// maybeCheckpoint replaces a log that has grown longer than the state it produces.
func (n *node) maybeCheckpoint() {
	if n.records < max(n.checkpointEvery, len(n.held)) {
		return
	}
	c := &Checkpoint{Life: n.life, Values: make([]Value, 0, len(n.held))}
	for _, key := range slices.Sorted(maps.Keys(n.held)) {
		if n.bug.checkpointLosesLatest && key == n.latest {
			continue
		}
		h := n.held[key]
		c.Values = append(c.Values, Value{Key: key, Tag: h.tag, Value: h.value})
	}
	n.persist(c)
	n.records = 0
	n.point = max(n.point, pointCheckpoint)
}
