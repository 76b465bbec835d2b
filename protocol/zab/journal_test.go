package zab_test

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol/zab"
)

// journal is a Machine that remembers every command, in order. A command's result is how many there are then; so is a query's.
type journal struct{ commands [][]byte }

func (j *journal) Apply(command []byte) []byte {
	j.commands = append(j.commands, command)
	return j.Query(nil)
}

func (j *journal) Query([]byte) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(len(j.commands)))
}

func (j *journal) Snapshot() []byte { return slices.Concat(j.commands...) }

func (j *journal) Restore(snapshot []byte) error {
	if len(snapshot)%8 != 0 {
		return fmt.Errorf("journal: %d bytes are no whole number of commands", len(snapshot))
	}
	j.commands = nil
	for c := range slices.Chunk(snapshot, 8) {
		j.commands = append(j.commands, c)
	}
	return nil
}

// defaults are the options of the protocol, with reads after a sync, and some replaced.
func defaults(changes map[string]string) map[string]string {
	values := map[string]string{}
	for _, o := range zab.Protocol().Options {
		values[o.Name] = o.Default
	}
	values["reads"] = "sync"
	for name, value := range changes {
		values[name] = value
	}
	return values
}
