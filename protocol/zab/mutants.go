package zab

import (
	"fmt"

	"github.com/splitvote/splitvote/protocol"
)

// bugs are the planted bugs. At most one is set, and each is looked at in one place.
type bugs struct {
	votesNotOrdered, historyUnchecked, epochReused, epochsNotPersisted, epochBeforeTxns bool
	snapshotWithoutEpochs, rejectsWhatItWrote, syncUnconfirmed                          bool
}

type mutant struct {
	protocol.Mutant
	set func(*bugs)
}

// plant returns the bug of that name, none for "".
func plant(name string) (bugs, error) {
	var b bugs
	if name == "" {
		return b, nil
	}
	for _, m := range mutants {
		if m.Name == name {
			m.set(&b)
			return b, nil
		}
	}
	return b, fmt.Errorf("zab: no bug is named %q", name)
}

func listed() []protocol.Mutant {
	list := make([]protocol.Mutant, len(mutants))
	for i, m := range mutants {
		list[i] = m.Mutant
	}
	return list
}

var mutants = []mutant{}
