package protocol

import "fmt"

// Class says how a planted bug shows.
type Class string

// The classes of planted bugs.
const (
	ClientVisible Class = "client-visible" // a history checker can convict it
	Internal      Class = "internal"       // only the protocol's own invariants can
	Liveness      Class = "liveness"       // shows as no progress after healing
)

// Mutant is a planted bug: one small departure that a real system shipped.
type Mutant struct {
	Name   string // as in --bug: raft/commit-old-term
	Class  Class
	Doc    string // one sentence: what it does wrong
	Source string // the issue, paper or report that it is modelled on
}

// Planted is a mutant with what switches it on. A protocol's Bugs are a struct of switches, all off in its zero value.
type Planted[Bugs any] struct {
	Mutant
	Set func(*Bugs)
}

// Plant returns the switches with that of the named mutant on, all off for "".
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

// Mutants are what Protocol.Mutants says of them.
func Mutants[Bugs any](planted []Planted[Bugs]) []Mutant {
	list := make([]Mutant, len(planted))
	for i, m := range planted {
		list[i] = m.Mutant
	}
	return list
}
