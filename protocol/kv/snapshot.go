package kv

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
)

// A snapshot is a version, the sessions, the objects, and the big-endian CRC32C of all that.
// Sessions
// are sorted by name, and objects by storage and key, so that a state has one snapshot (K1).
const version = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Snapshot returns the whole state.
func (s *Store) Snapshot() []byte {
	data := []byte{version}
	data = binary.AppendUvarint(data, uint64(len(s.sessions)))
	for _, name := range slices.Sorted(maps.Keys(s.sessions)) {
		of := s.sessions[name]
		data = appendField(data, name)
		data = binary.AppendUvarint(data, of.seq)
		data = appendField(data, of.result)
	}
	data = binary.AppendUvarint(data, uint64(len(s.objects)))
	var state []byte
	for _, at := range slices.SortedFunc(maps.Keys(s.objects), comparePlaces) {
		state = s.objects[at].append(state[:0])
		data = appendField(data, at.storage)
		data = appendField(data, at.key)
		data = appendField(data, state)
	}
	return binary.BigEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
}

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.storage, b.storage), cmp.Compare(a.key, b.key))
}

var errSnapshot = errors.New("kv: snapshot is corrupt")

// Restore replaces the state by that of a snapshot; an empty snapshot is the initial state. The
// store
// shares memory with the snapshot, which is never changed (P3).
func (s *Store) Restore(snapshot []byte) error {
	if len(snapshot) == 0 {
		*s = *New()
		return nil
	}
	if len(snapshot) < 5 {
		return errSnapshot
	}
	body, sum := snapshot[:len(snapshot)-4], binary.BigEndian.Uint32(snapshot[len(snapshot)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return errSnapshot
	}
	if body[0] != version {
		return fmt.Errorf("kv: snapshot has version %d, want %d", body[0], version)
	}
	next, r := New(), reader{data: body[1:]}
	next.readSessions(&r)
	next.readObjects(&r)
	if !r.done() {
		return errSnapshot
	}
	*s = *next
	return nil
}

func (s *Store) readSessions(r *reader) {
	previous := ""
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		name := string(r.field())
		if name <= previous { // also refuses "", which is not a session
			r.fail()
		}
		s.sessions[name] = session{r.uvarint(), r.field()}
		previous = name
	}
}

func (s *Store) readObjects(r *reader) {
	var previous place
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		at := place{string(r.field()), string(r.field())}
		state := reader{data: r.field()}
		k, known := kinds[at.storage]
		if !known || k.storage != at.storage || comparePlaces(previous, at) >= 0 {
			r.fail()
			return
		}
		o := k.make()
		o.read(&state)
		if !state.done() {
			r.fail()
		}
		s.objects[at], previous = o, at
	}
}
