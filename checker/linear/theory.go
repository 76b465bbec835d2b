package linear

import "github.com/splitvote/splitvote/model"

// theory is what is known of one type of object beyond its model.
type theory[In, Out any] struct {
	// decide is the type's own algorithm. It says false where it does not apply.
	decide func([]call[In, Out]) (outcome, bool)
	// project leaves calls out, and with them all that depends on them, so that what remains is linearizable if calls are:
	// whatever violation it shows is one of the whole. keep is asked for positions in calls.
	project func(calls []call[In, Out], keep func(i int) bool) []call[In, Out]
}

// theoryOf is the theory of m. Models of users have none but that calls which change nothing can be left out.
func theoryOf[S, In, Out any](m model.Model[S, In, Out]) theory[In, Out] {
	var known any
	switch m := any(m).(type) {
	case model.Register:
		known = theory[model.RegisterCall, model.Value]{byZones, projectRegister}
	case model.Queue:
		known = theory[model.QueueCall, model.Value]{byQueueOrder, projectQueue}
	case model.Stack:
		known = theory[model.QueueCall, model.Value]{undecided[model.QueueCall, model.Value], projectQueue}
	case model.Mutex:
		known = theory[model.MutexCall, int64]{byHolds(m.Fenced), projectMutex}
	case model.AppendList:
		known = theory[model.ListCall, []model.Value]{byPositions, projectList}
	case model.IDs:
		known = theory[model.IDCall, model.Value]{byIDs, projectIDs}
	}
	if t, ok := known.(theory[In, Out]); ok {
		return t
	}
	return theory[In, Out]{
		decide: undecided[In, Out],
		project: func(calls []call[In, Out], keep func(int) bool) []call[In, Out] {
			return filter(calls, func(i int) bool { return keep(i) || !m.ReadOnly(calls[i].in, calls[i].result()) })
		},
	}
}

// undecided is the algorithm of a type that has none.
func undecided[In, Out any]([]call[In, Out]) (outcome, bool) { return outcome{}, false }

// filter copies the calls at the positions that keep accepts.
func filter[In, Out any](calls []call[In, Out], keep func(i int) bool) []call[In, Out] {
	var kept []call[In, Out]
	for i := range calls {
		if keep(i) {
			kept = append(kept, calls[i])
		}
	}
	return kept
}

// projectRegister leaves out reads at will. A write is left out together with the reads of its value, and a cas that
// replaced the value becomes a write of its own: between a write and the calls that observe it no other write stands, so an
// order that explains the whole explains what remains.
func projectRegister(calls []registerCall, keep func(i int) bool) []registerCall {
	missing := map[model.Value]bool{}
	for i := range calls {
		if c := &calls[i]; c.in.F != model.Read && !keep(i) {
			missing[c.in.Value] = true
		}
	}
	var kept []registerCall
	for i := range calls {
		if !keep(i) {
			continue
		}
		c := calls[i]
		switch {
		case c.in.F == model.Read && missing[c.out]:
			continue
		case c.in.F == model.CAS && missing[c.in.Old]:
			c.in = model.RegisterCall{F: model.Write, Value: c.in.Value}
		}
		kept = append(kept, c)
	}
	return kept
}
