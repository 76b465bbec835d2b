package workloads

import (
	"encoding/json"
	"slices"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var lock = Workload{
	Name: "lock",
	Doc: "Locks that hand out fencing tokens: two holders at once, or a token that does not increase, is a " +
		"violation.",
	Object: "fenced-mutex", Model: "fenced-mutex",
	Calls: []string{"acquire", "release"},
	Generator: func(o Options) generator.Generator {
		return keyed(o, 60, func(key string) generator.Generator {
			return &source[holders]{key: key, next: acquireOrRelease, learn: hold}
		})
	},
	Final: func(_ Options, keys []string) generator.Generator {
		if !slices.Contains(keys, untouched) {
			keys = append(slices.Clip(keys), untouched)
		}
		return finally(keys, func(string) generator.Generator {
			return generator.Ops(history.Op{F: "acquire", Value: null})
		})
	},
}

// untouched is a lock that is free at the end. A vanished client may hold any other lock for ever,
// and progress after healing must not depend on it.
const untouched = "untouched"

// holders are the processes that believe they hold one lock, with their tokens. There is more than
// one if the lock is broken.
type holders []holder

type holder struct {
	process history.Process
	token   json.RawMessage
}

func (h holders) at(p history.Process) int {
	return slices.IndexFunc(h, func(one holder) bool { return one.process == p })
}

// acquireOrRelease releases for a holder and acquires for any other process.
func acquireOrRelease(_ generator.Context, s holders, p history.Process) (history.Op, holders) {
	if i := s.at(p); i >= 0 {
		return history.Op{F: "release", Value: s[i].token}, s
	}
	return history.Op{F: "acquire", Value: null}, s
}

// hold tracks which process got or returned a token. A failed release is tried again.
func hold(s holders, done *history.Op) holders {
	i := s.at(done.Process)
	switch {
	case done.Kind == history.Fail:
		return s
	case i >= 0:
		return slices.Delete(slices.Clone(s), i, i+1)
	case done.F == "acquire" && done.Kind == history.Ok && !unmatched(done):
		return append(slices.Clip(s), holder{done.Process, done.Value})
	}
	return s
}

var uniqueIDs = Workload{
	Name:   "unique-ids",
	Doc:    "Sources of identifiers; none may be handed out twice.",
	Object: "unique-ids", Model: "unique-ids",
	Calls: []string{"generate"},
	Generator: func(o Options) generator.Generator {
		return keyed(o, 500, func(string) generator.Generator {
			return generator.Repeat(history.Op{F: "generate", Value: null})
		})
	},
	Final: func(_ Options, keys []string) generator.Generator {
		return finally(keys, func(string) generator.Generator {
			return generator.Ops(history.Op{F: "generate", Value: null})
		})
	},
}
