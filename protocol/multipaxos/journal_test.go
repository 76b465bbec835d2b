package multipaxos_test

import (
	"maps"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/protocol/multipaxos"
)

// journal is a Machine that records every command, a word, in order. The result of a command or a
// query
// is the number of commands so far.
type journal struct{ words []string }

func (j *journal) Apply(command []byte) []byte {
	j.words = append(j.words, string(command))
	return j.Query(nil)
}

func (j *journal) Query([]byte) []byte { return strconv.AppendInt(nil, int64(len(j.words)), 10) }

func (j *journal) Snapshot() []byte { return []byte(strings.Join(j.words, " ")) }

func (j *journal) Restore(snapshot []byte) error {
	j.words = strings.Fields(string(snapshot))
	return nil
}

// defaults returns the protocol's options with some replaced.
func defaults(changes map[string]string) map[string]string {
	values := multipaxos.Protocol().Defaults()
	maps.Copy(values, changes)
	return values
}
