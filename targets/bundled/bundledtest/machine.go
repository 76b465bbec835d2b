package bundledtest

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol/kv"
)

// Journal is a Machine that remembers every command, of eight bytes, in order. A command's result
// is how many there are then, in eight bytes; so is a query's.
type Journal struct{ Commands [][]byte }

// Apply adds a command.
func (j *Journal) Apply(command []byte) []byte {
	j.Commands = append(j.Commands, command)
	return j.Query(nil)
}

// Query counts the commands.
func (j *Journal) Query([]byte) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(len(j.Commands)))
}

// Snapshot is all commands.
func (j *Journal) Snapshot() []byte { return slices.Concat(j.Commands...) }

// Restore goes back to a snapshot.
func (j *Journal) Restore(snapshot []byte) error {
	if len(snapshot)%8 != 0 {
		return fmt.Errorf("journal: %d bytes are no whole number of commands", len(snapshot))
	}
	j.Commands = nil
	for c := range slices.Chunk(snapshot, 8) {
		j.Commands = append(j.Commands, c)
	}
	return nil
}

// Answer is a result of package kv as transcripts write it.
func Answer(data []byte) string {
	r, err := kv.DecodeResult(data)
	switch {
	case err != nil:
		return err.Error()
	case !r.OK:
		return "no, " + r.Err
	case len(r.Value) > 0:
		return string(r.Value)
	}
	return "ok"
}
