package linear

import "github.com/splitvote/splitvote/model"

// theory is what is known of one type of object beyond its model.
type theory[In, Out any] struct {
	// kind is what a violation is called for which decide finds no name of its own.
	kind string
	// decide is the type's own algorithm. It says false where it does not apply.
	decide func([]call[In, Out]) (outcome, bool)
	// project leaves calls out, and with them all that depends on them, so that what remains is
	// linearizable if calls are: whatever violation it shows is one of the whole. keep is asked for
	// positions in calls.
	project func(calls []call[In, Out], keep func(i int) bool) []call[In, Out]
	// note says what must be known of a call of a witness that project changed, "" if there is
	// nothing to say.
	note func(all []call[In, Out], c *call[In, Out]) string
	// reduce makes a search cheaper and leaves the verdict as it is.
	reduce func([]call[In, Out]) []call[In, Out]
	// watch is the type's own algorithms fed event by event, nil where there are none.
	watch func() []watcher[In, Out]
	// split divides calls into objects of which each is linearizable if and only if all together
	// are.
	split func([]call[In, Out]) [][]call[In, Out]
}

// theoryOf is the theory of m. For users' models it is known only that calls which change nothing
// can be left out.
func theoryOf[S, In, Out any](m model.Model[S, In, Out]) theory[In, Out] {
	var known any
	switch m := any(m).(type) {
	case model.Register:
		known = theory[model.RegisterCall, model.Value]{kind: "stale-read", decide: byZones, project: projectRegister,
			reduce: reduceRegister, watch: func() []watcher[model.RegisterCall, model.Value] {
				return liveRegister(m.CAS)
			}}
	case model.MultiRegister:
		known = theory[model.MultiCall, model.MultiResult]{kind: "stale-read", project: projectMulti,
			reduce: reduceMulti, split: splitMulti}
	case model.Set:
		known = theory[model.SetCall, model.SetResult]{kind: "stale-read", decide: byGrowth, project: projectSet,
			reduce: reduceSet, split: splitSet}
	case model.Queue:
		known = theory[model.QueueCall, model.Value]{kind: "reordered", decide: byQueueOrder, project: projectQueue,
			reduce: reduceQueue, watch: func() []watcher[model.QueueCall, model.Value] {
				return []watcher[model.QueueCall, model.Value]{newLiveQueue()}
			}}
	case model.Bag:
		known = theory[model.QueueCall, model.Value]{kind: "not-in-queue", decide: byPresence, project: projectQueue,
			reduce: reduceQueue, note: noteBag}
	case model.Stack:
		known = theory[model.QueueCall, model.Value]{kind: "not-last-in-first-out", decide: byNesting,
			project: projectQueue, reduce: reduceQueue}
	case model.Counter:
		known = theory[model.CounterCall, model.CounterResult]{kind: "wrong-sum", decide: byTally,
			project: projectCounter, note: noteCounter}
	case model.Mutex:
		known = theory[model.MutexCall, model.MutexResult]{kind: "mutual-exclusion", decide: byHolds(m.Fenced),
			project: projectMutex}
	case model.AppendList:
		known = theory[model.ListCall, []model.Value]{kind: "stale-read", decide: byPositions, project: projectList,
			reduce: reduceList}
	case model.Text:
		known = theory[model.TextCall, string]{kind: "stale-read", decide: byEras, project: projectText,
			reduce: reduceText}
	case model.IDs:
		known = theory[model.IDCall, model.Value]{kind: "duplicate-id", decide: byIDs, project: projectIDs,
			watch: func() []watcher[model.IDCall, model.Value] {
				return []watcher[model.IDCall, model.Value]{newLiveIDs()}
			}}
	}
	t, _ := known.(theory[In, Out])
	if t.kind == "" {
		t.kind = "not-linearizable"
	}
	if t.decide == nil {
		t.decide = func([]call[In, Out]) (outcome, bool) { return outcome{}, false }
	}
	if t.project == nil {
		t.project = func(calls []call[In, Out], keep func(int) bool) []call[In, Out] {
			return filter(calls, func(i int) bool { return keep(i) || !m.ReadOnly(calls[i].in, calls[i].result()) })
		}
	}
	if t.note == nil {
		t.note = func([]call[In, Out], *call[In, Out]) string { return "" }
	}
	if t.reduce == nil {
		t.reduce = func(calls []call[In, Out]) []call[In, Out] { return calls }
	}
	if t.split == nil {
		t.split = func(calls []call[In, Out]) [][]call[In, Out] { return [][]call[In, Out]{calls} }
	}
	return t
}

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

// watchersOf are those who watch an object of m online.
func watchersOf[S, In, Out any](m model.Model[S, In, Out]) []watcher[In, Out] {
	watchers := []watcher[In, Out]{newFrontier(m)}
	if t := theoryOf(m); t.watch != nil {
		watchers = append(t.watch(), watchers...)
	}
	return watchers
}
