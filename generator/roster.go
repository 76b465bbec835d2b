package generator

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// Roster tracks an interpreter's processes and which of them are free, in the order of the threads
// (G5). A thread is a place in that order. With n clients, the processes p, p+n, p+2n ... hold one
// thread in turn, so an identifier retired by an info never comes back (H4).
type Roster struct {
	procs, free []history.Process
	clients     int
}

// NewRoster returns a roster with processes 0 to clients-1 and the nemesis, all free.
func NewRoster(clients int) *Roster {
	r := &Roster{clients: clients}
	for p := range clients {
		r.procs = append(r.procs, history.Process(p))
	}
	r.procs = append(r.procs, history.Nemesis)
	r.free = slices.Clone(r.procs)
	return r
}

// Procs returns all processes. The slice is valid until the next Retire.
func (r *Roster) Procs() []history.Process { return r.procs }

// Free returns the processes without a call in progress. The slice is valid until the next Take,
// Give
// or Retire.
func (r *Roster) Free() []history.Process { return r.free }

// Idle reports whether no process has a call in progress.
func (r *Roster) Idle() bool { return len(r.free) == len(r.procs) }

// Take marks p, which is free, as busy.
func (r *Roster) Take(p history.Process) {
	if i := slices.Index(r.free, p); i >= 0 {
		r.free = slices.Delete(r.free, i, i+1)
	}
}

// Give marks p, which is busy, as free.
func (r *Roster) Give(p history.Process) {
	at := 0
	for _, q := range r.procs {
		if q == p {
			break
		}
		if at < len(r.free) && r.free[at] == q {
			at++
		}
	}
	r.free = slices.Insert(r.free, at, p)
}

// Retire puts the successor of p in its place. The nemesis is never retired.
func (r *Roster) Retire(p history.Process) {
	if p == history.Nemesis {
		return
	}
	successor := p + history.Process(r.clients)
	for _, list := range [][]history.Process{r.procs, r.free} {
		if i := slices.Index(list, p); i >= 0 {
			list[i] = successor
		}
	}
}
