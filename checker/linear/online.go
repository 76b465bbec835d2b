package linear

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// Online judges a history while it happens, each key as an object of its own (L3).
//
// A violation that it reports is one of every history that begins like this: what it goes by are
// completed calls, and no event that follows can make another call end before, or begin earlier. It
// may come later than the event that made it certain, at most by as long as the calls that were
// under way then; at the end the verdict is that of Check, or unknown where Online had to give up
// and says so.
//
// It remembers calls under way, calls whose outcome is unknown and which may still take effect, and
// what of the past a later call could still depend on: the values that a register may still hold,
// the elements of a queue or a list. Where a type has an algorithm of its own online (registers,
// queues, lists, identifiers) that is all; else, and beside it as long as that is cheap, the search
// is fed event by event, which remembers the states in which the object may be.
type Online interface {
	// Event takes the next event. It says false once the history is not linearizable, however it
	// goes on.
	Event(op *history.Op) bool
	// Look judges what has come so far, and says what Event says. Event alone may wait for calls
	// under way to end; Look takes them as of unknown outcome. It costs up to a search over all
	// that Event waits with, and gives up when ctx ends, which changes nothing.
	Look(ctx context.Context) bool
	// End takes the calls that are still under way as pending and gives the verdict. Nothing may
	// follow.
	End() checker.Result
}

// NewOnline judges histories of a model of package model online, whose objects hold initially what
// initial says.
func NewOnline(modelName string, initial history.Initial) (Online, error) {
	c, err := named(modelName, Options{})
	if err != nil {
		return nil, err
	}
	if err := c.checkInitial(initial); err != nil {
		return nil, err
	}
	return c.online(initial), nil
}

// OnlineOf judges histories of any model online, whose objects hold initially what initial says.
func OnlineOf[S, In, Out any](m model.Model[S, In, Out], initial history.Initial) Online {
	return &online[S, In, Out]{m: m, initial: initial, watchers: func() []watcher[In, Out] {
		return watchersOf(m)
	}, began: time.Now(), objects: map[string]*watched[In, Out]{}, unseen: map[*watched[In, Out]]bool{},
		under: map[history.Process]*underway[In, Out]{}}
}

func (c of[S, In, Out]) online(initial history.Initial) Online { return OnlineOf(c.m, initial) }

// watcher follows the calls of one object. Calls are told apart by their pointers.
type watcher[In, Out any] interface {
	begin(c *call[In, Out])
	// end tells how c ended: with Ok its end and result are set, else its end is never. at is the
	// position of the event.
	end(c *call[In, Out], how history.Kind, at int)
	// look judges what end put off, as if the calls under way had unknown outcomes. It may find
	// nothing.
	look(ctx context.Context)
	// close says that no event follows.
	close()
	// found is what is known by now.
	found() *finding[In, Out]
}

// finding is what a watcher knows.
type finding[In, Out any] struct {
	method   string
	violated bool
	calls    []*call[In, Out] // of a violation: calls that may show it by themselves
	accused  *call[In, Out]   // of a violation: the call whose end made it certain
	gaveUp   string           // why it watches no more, "" while it does
}

// over says that nothing that follows can change what was found.
func (f *finding[In, Out]) over() bool { return f.violated || f.gaveUp != "" }

func (f *finding[In, Out]) found() *finding[In, Out] { return f }

// look is that of a watcher which puts nothing off.
func (f *finding[In, Out]) look(context.Context) {}

// accuse notes a violation.
func (f *finding[In, Out]) accuse(c *call[In, Out], with ...*call[In, Out]) {
	if !f.over() {
		f.violated, f.accused, f.calls = true, c, append(with, c)
	}
}

// online is the state of an Online.
type online[S, In, Out any] struct {
	m         model.Model[S, In, Out]
	initial   history.Initial
	watchers  func() []watcher[In, Out]
	began     time.Time
	objects   map[string]*watched[In, Out]
	under     map[history.Process]*underway[In, Out]
	at        int // events so far
	calls     int
	pending   int
	unseen    map[*watched[In, Out]]bool // objects with calls that ended since the last Look
	malformed error
	crashed   *outcome // of the model: nothing is watched any more
	violation *watched[In, Out]
}

// watched is an object with those who watch it: the type's own algorithm first.
type watched[In, Out any] struct {
	key      string
	watchers []watcher[In, Out]
}

// underway is a call that has not ended.
type underway[In, Out any] struct {
	call       *call[In, Out]
	object     *watched[In, Out]
	invocation history.Op
}

func (o *online[S, In, Out]) Event(op *history.Op) (possible bool) {
	defer func() {
		if p := recover(); p != nil {
			c := panicked(p)
			c.reason = fmt.Sprintf("event %d: %s", op.Index, c.reason)
			o.crashed, possible = &c, o.violation == nil
		}
	}()
	if op.Process == history.Nemesis || o.over() {
		return o.violation == nil
	}
	o.at++
	if op.Kind == history.Invoke {
		o.invoke(op)
	} else {
		o.complete(op)
	}
	return o.violation == nil
}

// over says that nothing that follows is judged.
func (o *online[S, In, Out]) over() bool {
	return o.malformed != nil || o.crashed != nil || o.violation != nil
}

func (o *online[S, In, Out]) invoke(op *history.Op) {
	in, _, err := o.m.Call(op, nil)
	if err != nil {
		o.malformed = err
		return
	}
	object := o.objects[op.Key]
	if object == nil {
		object = &watched[In, Out]{op.Key, o.watchers()}
		o.objects[op.Key] = object
		if err := o.lead(object); err != nil {
			o.malformed = err
			return
		}
		o.at++
	}
	c := &call[In, Out]{in: in, begin: o.at, end: never, op: op.Index}
	if drains(o.m, in) {
		for _, w := range object.watchers {
			if f := w.found(); !f.over() {
				f.gaveUp = "a drain is judged when the history ends"
			}
		}
	}
	o.under[op.Process] = &underway[In, Out]{c, object, *op}
	o.calls++
	for _, w := range object.watchers {
		if !w.found().over() {
			w.begin(c)
		}
	}
	o.note(object)
}

// lead shows the watchers of an object the calls that lead to what it holds initially.
func (o *online[S, In, Out]) lead(object *watched[In, Out]) error {
	lead, err := leadOf(o.m, object.key, o.initial)
	for i := range lead {
		c := &lead[i]
		c.begin, c.end = o.at, o.at+1
		o.at += 2
		for _, w := range object.watchers {
			if !w.found().over() {
				w.begin(c)
				w.end(c, history.Ok, c.end)
			}
		}
	}
	return err
}

func (o *online[S, In, Out]) complete(op *history.Op) {
	u := o.under[op.Process]
	if u == nil {
		o.malformed = fmt.Errorf("event %d: process %v completes %s, which it has not invoked (H2)", op.Index,
			op.Process, op.F)
		return
	}
	delete(o.under, op.Process)
	switch op.Kind {
	case history.Ok:
		var err error
		if _, u.call.out, err = o.m.Call(&u.invocation, op); err != nil {
			o.malformed = err
			return
		}
		u.call.end = o.at
	case history.Info:
		o.pending++
	case history.Fail:
		o.calls--
	}
	for _, w := range u.object.watchers {
		if !w.found().over() {
			w.end(u.call, op.Kind, o.at)
		}
	}
	o.note(u.object)
	o.unseen[u.object] = true
}

// Look need not look at objects of which no call has ended since: a call that begins makes nothing
// impossible.
func (o *online[S, In, Out]) Look(ctx context.Context) (possible bool) {
	defer func() {
		if p := recover(); p != nil {
			c := panicked(p)
			o.crashed, possible = &c, o.violation == nil
		}
	}()
	for object := range o.unseen {
		for _, w := range object.watchers {
			if !w.found().over() && !o.over() {
				w.look(ctx)
			}
		}
		o.note(object)
	}
	clear(o.unseen)
	return o.violation == nil
}

// note notes a violation of an object.
func (o *online[S, In, Out]) note(object *watched[In, Out]) {
	for _, w := range object.watchers {
		if w.found().violated && o.violation == nil {
			o.violation = object
		}
	}
}

func (o *online[S, In, Out]) End() (result checker.Result) {
	defer func() { result.Checker, result.Took = name, time.Since(o.began) }()
	if o.malformed != nil {
		return checker.Result{Verdict: checker.Unknown, Cause: checker.Malformed, Reason: o.malformed.Error()}
	}
	result.Stats = map[string]any{"calls": o.calls, "pending": o.pending + len(o.under), "keys": len(o.objects)}
	methods := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(o.objects)) {
		if o.over() {
			break
		}
		object := o.objects[key]
		found := o.closed(object)
		switch {
		case found == nil:
		case found.violated:
			o.violation = object
		case found.gaveUp != "":
			result.Verdict, result.Cause = checker.Unknown, checker.Ambiguous
			result.Reason = subject(object.key) + " cannot be judged while it happens: " + found.gaveUp
		default:
			methods[found.method] = true
		}
	}
	if o.crashed != nil {
		result.Verdict, result.Cause, result.Reason = checker.Unknown, o.crashed.cause, o.crashed.reason
		result.Stats["stack"] = o.crashed.stack
		return result
	}
	if o.violation != nil {
		found := o.violation.violation()
		result.Verdict, result.Cause, result.Method, result.Reason = checker.Invalid, "", found.method,
			accuse([]string{o.violation.key}, len(o.objects))
		result.Evidence = []checker.Evidence{o.explain(o.violation.key, found)}
		return result
	}
	var used []string
	for method := range methods {
		used = append(used, method)
	}
	slices.Sort(used)
	result.Method = strings.Join(used, ", ")
	return result
}

// closed ends the watch over an object. It is nil if the model panicked.
func (o *online[S, In, Out]) closed(object *watched[In, Out]) (found *finding[In, Out]) {
	defer func() {
		if p := recover(); p != nil {
			c := panicked(p)
			c.reason = subject(object.key) + " is not decided: " + c.reason
			o.crashed, found = &c, nil
		}
	}()
	return object.close()
}

// violation is what a watcher found that found one.
func (w *watched[In, Out]) violation() *finding[In, Out] {
	for _, each := range w.watchers {
		if each.found().violated {
			return each.found()
		}
	}
	return nil
}

// close ends the watch over an object: the first watcher that knows the answer gives it.
func (w *watched[In, Out]) close() *finding[In, Out] {
	var found *finding[In, Out]
	for _, each := range w.watchers {
		if !each.found().over() {
			each.close()
		}
		if f := each.found(); found == nil || f.violated && !found.violated || found.gaveUp != "" && f.gaveUp == "" {
			found = f
		}
	}
	return found
}

// explain finds the smallest set among the calls that are still remembered, if they show the
// violation by themselves.
func (o *online[S, In, Out]) explain(key string, found *finding[In, Out]) (evidence checker.Evidence) {
	ctx, cancel := context.WithTimeout(context.Background(), mostPatience)
	defer cancel()
	e := explainer[S, In, Out]{ctx: ctx, m: o.m, t: theoryOf(o.m), memory: mostRemembered, part: true}
	defer func() {
		if p := recover(); p != nil {
			evidence = e.unexplained(key, p)
		}
	}()
	if len(found.calls) > 1 {
		calls := make([]call[In, Out], len(found.calls))
		for i, c := range found.calls {
			calls[i] = *c
		}
		slices.SortFunc(calls, func(a, b call[In, Out]) int { return cmp.Compare(a.begin, b.begin) })
		calls = slices.CompactFunc(calls, func(a, b call[In, Out]) bool { return a.begin == b.begin })
		if e.invalid(calls) {
			// Who wrote a value may be forgotten; then it must not be said that nobody did.
			if told := e.object(object[In, Out]{key: key, calls: calls},
				outcome{verdict: checker.Invalid}); told.Kind != "value-from-nowhere" {
				return told
			}
		}
	}
	c := found.accused
	text := fmt.Sprintf("#%d (%s) is impossible: nothing that the object may hold by then allows it", c.op,
		o.m.Describe(c.in, c.result()))
	return checker.Evidence{Kind: e.t.kind, Key: key, Summary: subject(key) + " is not linearizable", Ops: []int{c.op},
		Why: []checker.Claim{{Op: c.op, Text: text}}}
}

// mostRemembered bounds what an online search holds, in bytes an object with the states themselves.
// mostConfigs bounds the configurations, and so the time that an event takes.
const (
	mostRemembered = 1 << 24
	mostConfigs    = 1 << 11
)
