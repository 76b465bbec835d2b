package nemesis

import (
	"fmt"
	"slices"
	"strings"
)

// Check says what is wrong with s for a cluster of so many nodes: a fault that does not exist, is
// named twice or takes more nodes, or an interval below zero.
func (s Spec) Check(nodes int) error {
	for i, name := range s.Faults {
		kind, ok := Named(name)
		switch {
		case !ok:
			return fmt.Errorf("no fault is called %q: want some of %s", name, strings.Join(Names(), ", "))
		case slices.Contains(s.Faults[:i], name):
			return fmt.Errorf("fault %s is named twice", name)
		case len(kind.fitting(nodes)) == 0:
			return fmt.Errorf("fault %s takes %d nodes: there are only %d", name, kind.Shapes[0].Least, nodes)
		}
	}
	if s.Interval < 0 {
		return fmt.Errorf("interval of faults is %s: want none below 0", s.Interval)
	}
	return nil
}

// Missing says which of the faults the cluster cannot suffer, and what it can. The error begins
// with "cannot", to be put after the name of the backend; only the type of cluster matters. What
// the target lacks (faults that find nothing to act on in it) is not named among what it can
// suffer.
func Missing(faults []string, cluster any, lacks ...string) error {
	var can, cannot []string
	for _, k := range Kinds() {
		if k.can(cluster) && !slices.Contains(lacks, k.Name) {
			can = append(can, k.Name)
		}
	}
	for _, name := range faults {
		if !slices.Contains(can, name) {
			cannot = append(cannot, name)
		}
	}
	switch {
	case len(cannot) == 0:
		return nil
	case len(can) == 0:
		return fmt.Errorf("cannot suffer %s: it can suffer no fault", strings.Join(cannot, ", "))
	}
	return fmt.Errorf("cannot suffer %s: it can suffer %s", strings.Join(cannot, ", "), strings.Join(can, ", "))
}
