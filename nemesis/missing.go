package nemesis

import (
	"fmt"
	"slices"
	"strings"
)

// Check returns an error if s does not fit a cluster of n nodes: an unknown fault, a fault named
// twice, a fault that needs more nodes, or a negative interval.
func (s Spec) Check(nodes int) error {
	for i, name := range s.Faults {
		kind, ok := Named(name)
		switch {
		case !ok:
			return fmt.Errorf("no fault is named %q: want some of %s", name, strings.Join(Names(), ", "))
		case slices.Contains(s.Faults[:i], name):
			return fmt.Errorf("fault %s is named twice", name)
		case len(kind.fitting(nodes)) == 0:
			return fmt.Errorf("fault %s needs %d nodes; there are only %d", name, kind.Shapes[0].Least, nodes)
		}
	}
	if s.Interval < 0 {
		return fmt.Errorf("interval of faults is %s: it must not be negative", s.Interval)
	}
	return nil
}

// Missing reports which of the faults the cluster does not support, and which ones it does. The
// error begins with "cannot" and follows the name of the backend. Only the type of the cluster
// matters. The supported faults exclude those that have nothing to act on in the target.
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
		return fmt.Errorf("cannot inject %s: it supports no fault", strings.Join(cannot, ", "))
	}
	return fmt.Errorf("cannot inject %s: it supports %s", strings.Join(cannot, ", "), strings.Join(can, ", "))
}
