package abd

import (
	"maps"
	"slices"
)

// replica is a node's copy of the registers. What it holds is as good as on disk: nothing that was sent after it was
// written leaves before it is there (protocol.P2).
type replica struct {
	held    map[string]held
	stored  uint64 // values stored in this life
	records int    // since the last checkpoint
	latest  string // key stored last
}

// held is the value of a key and its tag; the zero value is that of a key that nobody has written.
type held struct {
	tag   Tag
	value []byte
}

// store takes a value from a coordinator.
func (n *node) store(m *Store) {
	if n.keep(m.Key, m.Tag, m.Value) {
		n.point = max(n.point, pointStore)
		n.out.Unsynced = n.bug.unsynced
	}
}

// keep holds the value from now on, unless it is older than what is held. It says whether it was news.
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

// newer says whether a value of tag takes the place of one held.
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

// maybeCheckpoint replaces a log that has grown longer than the state that it leads to.
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
