package protocol

import "fmt"

// Class says how a planted bug becomes visible.
type Class string

// The classes of planted bugs.
const (
	ClientVisible Class = "client-visible" // a history checker can detect it
	Internal      Class = "internal"       // only the protocol's own invariants can detect it
	Liveness      Class = "liveness"       // no progress after the faults have healed
)

// Mutant is a planted bug: one small deviation that a real system shipped.
type Mutant struct {
	Name   string // as in --bug: raft/commit-old-term
	Class  Class
	Doc    string // what it does wrong, in one sentence
	Source string // the issue, paper or report that it follows
}

// Planted is a mutant with the function that switches it on. A protocol's Bugs are a struct of
// switches, all off in its zero value.
type Planted[Bugs any] struct {
	Mutant
	Set func(*Bugs)
}

// Plant returns the switches with the named mutant on; all are off for "".
func Plant[Bugs any](mutants []Planted[Bugs], name string) (bugs Bugs, err error) {
	if name == "" {
		return bugs, nil
	}
	for _, m := range mutants {
		if m.Name == name {
			m.Set(&bugs)
			return bugs, nil
		}
	}
	return bugs, fmt.Errorf("no bug is named %q", name)
}

// Mutants returns the descriptions, for Protocol.Mutants.
func Mutants[Bugs any](planted []Planted[Bugs]) []Mutant {
	list := make([]Mutant, len(planted))
	for i, m := range planted {
		list[i] = m.Mutant
	}
	return list
}
