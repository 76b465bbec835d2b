package linear_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/history"
)

// object is one correct copy, for making histories: it answers calls one at a time. done is false
// for a call that fails.
type object interface {
	draw(r *rand.Rand, fresh func() int) (f string, asked any)
	apply(p history.Process, f string, asked any) (got any, done bool)
}

// shape says what random histories look like.
type shape struct {
	processes, calls int
	domain           int     // values are drawn from this many, and are all different if 0
	pending, failed  float64 // share of calls whose outcome is unknown, or that are refused
	mutations        int     // changes made at the end, which may make the history invalid
	keys             int     // 0 is one object without a key
}

// randomHistory runs correct copies: every call takes effect at one moment between its invocation
// and its completion.
func randomHistory(r *rand.Rand, s shape, newObject func() object) *history.History {
	type under struct {
		op      history.Op
		asked   any
		got     any
		applied bool
		done    bool
	}
	objects := map[string]object{}
	issued := 0
	fresh := func() int {
		issued++
		if s.domain > 0 {
			return 1 + r.IntN(s.domain)
		}
		return issued
	}
	var ops []history.Op
	now := time.Duration(0)
	emit := func(op history.Op) {
		now += time.Duration(r.IntN(3)) / 2 // half of the events or so tie
		op.Time = now
		ops = append(ops, op)
	}
	lanes := make([]*under, s.processes)
	ids := make([]history.Process, s.processes)
	for i := range ids {
		ids[i] = history.Process(i)
	}
	left := s.calls
	for {
		busy := slices.ContainsFunc(lanes, func(u *under) bool { return u != nil })
		if left == 0 && !busy {
			break
		}
		i := r.IntN(len(lanes))
		u := lanes[i]
		if u == nil {
			if left == 0 {
				continue
			}
			left--
			key := ""
			if s.keys > 0 {
				key = fmt.Sprint("k", r.IntN(s.keys))
			}
			if objects[key] == nil {
				objects[key] = newObject()
			}
			f, asked := objects[key].draw(r, fresh)
			u = &under{op: history.Op{Process: ids[i], F: f, Key: key, Value: raw(asked)}, asked: asked}
			emit(u.op)
			lanes[i] = u
			continue
		}
		if !u.applied {
			u.applied = true
			if r.Float64() < s.failed {
				u.done = false
			} else if r.Float64() < s.pending && r.IntN(2) == 0 {
				u.op.Kind = history.Info
			} else {
				u.got, u.done = objects[u.op.Key].apply(u.op.Process, u.op.F, u.asked)
			}
			continue
		}
		lanes[i] = nil
		switch {
		case u.op.Kind == history.Info, u.done && r.Float64() < s.pending:
			u.op.Kind = history.Info
			if r.IntN(2) == 0 {
				emit(u.op)
			}
			ids[i] += history.Process(s.processes)
		case !u.done:
			u.op.Kind = history.Fail
			emit(u.op)
		default:
			u.op.Kind, u.op.Value = history.Ok, raw(u.got)
			emit(u.op)
		}
	}
	for range s.mutations {
		mutate(r, ops)
	}
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

// mutate changes what was returned, whether a call took effect, or the order of two neighbouring
// events of different processes.
func mutate(r *rand.Rand, ops []history.Op) {
	if len(ops) < 2 {
		return
	}
	a, b := r.IntN(len(ops)), r.IntN(len(ops))
	comparable := ops[a].Kind == history.Ok && ops[b].Kind == history.Ok && ops[a].F == ops[b].F && returns[ops[a].F]
	if ops[a].F == "txn" && r.IntN(2) == 0 {
		mutateMicros(r, &ops[a])
		return
	}
	switch r.IntN(7) {
	case 6: // a condition that held is told not to have held, or the other way about; or a sum is wrong
		mutateTold(r, &ops[a], ops)
	case 5: // a list that was read lacks an element, or an element is there that is not, or the other way about
		var list []any
		if ops[a].F == "contains" && ops[a].Kind == history.Ok && json.Unmarshal(ops[a].Value, &list) == nil &&
			len(list) == 2 {
			ops[a].Value = raw([]any{list[0], list[1] != true})
		}
		if ops[a].F == "read" && ops[a].Kind == history.Ok && json.Unmarshal(ops[a].Value, &list) == nil &&
			len(list) > 0 {
			i := r.IntN(len(list))
			ops[a].Value = raw(slices.Delete(list, i, i+1))
		}
		if ops[a].F == "get" && ops[a].Kind == history.Ok {
			mutateText(r, &ops[a], &ops[b])
		}
	case 0: // give a call the result of another call of the same kind
		if comparable {
			ops[a].Value = ops[b].Value
		}
	case 1: // exchange two results
		if comparable {
			ops[a].Value, ops[b].Value = ops[b].Value, ops[a].Value
		}
	case 2: // swap neighbours, but not their times
		if a+1 < len(ops) && ops[a].Process != ops[a+1].Process {
			ops[a], ops[a+1] = ops[a+1], ops[a]
			ops[a].Time, ops[a+1].Time = ops[a+1].Time, ops[a].Time
		}
	case 3: // a call that took effect says that it did not
		if ops[a].Kind == history.Ok {
			ops[a].Kind = history.Fail
		}
	case 4: // or the other way about
		if ops[a].Kind == history.Fail && ops[a].F != "contains" &&
			(strings.HasSuffix(ops[a].F, "acquire") || !returns[ops[a].F]) {
			if strings.HasSuffix(ops[a].F, "acquire") {
				ops[a].Value = acquired(r, ops)
			}
			ops[a].Kind = history.Ok
		}
	}
}

// mutateTold changes what a call that may return something was told, or lets it return something.
func mutateTold(r *rand.Rand, op *history.Op, ops []history.Op) {
	if op.Kind != history.Ok {
		return
	}
	var value any
	if err := json.Unmarshal(op.Value, &value); err != nil {
		panic(err)
	}
	list, _ := value.([]any)
	switch {
	case op.F == "cas" && len(list) == 3:
		op.Value = raw([]any{list[0], list[1], list[2] != true})
	case op.F == "cas":
		op.Value = raw([]any{list[0], list[1], r.IntN(2) == 0})
	case (op.F == "add" || op.F == "remove") && len(list) == 2:
		if sum, isSum := list[1].(float64); isSum {
			op.Value = raw([]any{list[0], sum + float64(r.IntN(3)-1)})
			return
		}
		op.Value = raw([]any{list[0], list[1] != true})
	case op.F == "try_acquire" && value == false:
		op.Value = acquired(r, ops)
	case op.F == "try_acquire":
		op.Value = raw(false)
	}
}

// acquired is what an acquire may return: a token or true, as others do, or else false.
func acquired(r *rand.Rand, ops []history.Op) json.RawMessage {
	for i := range ops {
		if !strings.HasSuffix(ops[i].F, "acquire") || ops[i].Kind != history.Ok {
			continue
		}
		switch string(ops[i].Value) {
		case "false":
		case "true", "null":
			return raw(true)
		default:
			return raw(1 + r.IntN(12))
		}
	}
	return raw(false)
}

// mutateText takes a word out of a text that was got, exchanges two, or adds one of another.
func mutateText(r *rand.Rand, op, other *history.Op) {
	words := wordsOf(op)
	if len(words) == 0 {
		return
	}
	i, j := r.IntN(len(words)), r.IntN(len(words))
	switch r.IntN(3) {
	case 0:
		words = slices.Delete(words, i, i+1)
	case 1:
		words[i], words[j] = words[j], words[i]
	case 2:
		if more := wordsOf(other); len(more) > 0 {
			words = append(words, more[r.IntN(len(more))])
		}
	}
	op.Value = raw(strings.Join(words, ""))
}

// wordsOf divides what a get returned: at its spaces, or else into letters.
func wordsOf(op *history.Op) []string {
	var got string
	if op.F != "get" || op.Kind != history.Ok || json.Unmarshal(op.Value, &got) != nil || got == "" {
		return nil
	}
	if !strings.Contains(got, " ") {
		return strings.Split(got, "")
	}
	return slices.DeleteFunc(strings.SplitAfter(got, " "), func(word string) bool { return word == "" })
}

// returns names the calls whose completion says more than their invocation, in one and the same
// shape.
var returns = map[string]bool{"read": true, "dequeue": true, "pop": true, "generate": true, "acquire": true,
	"get": true}

func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// recorded wraps what a call was told, if the clients of the object record it: half of the time.
func recorded(r bool, asked, tells any) any {
	if !r {
		return asked
	}
	if pair, ok := asked.([]any); ok {
		return append(slices.Clone(pair), tells)
	}
	return []any{asked, tells}
}

type register struct {
	cas   bool
	value any
	past  any  // the value before
	tells bool // whether the next call records what it was told
}

func (o *register) draw(r *rand.Rand, fresh func() int) (string, any) {
	o.tells = r.IntN(3) > 0
	switch n := r.IntN(10); {
	case n < 5:
		return "read", nil
	case o.cas && n < 6:
		return "cas", []any{o.past, fresh()}
	case o.cas && n < 8:
		return "cas", []any{o.value, fresh()}
	}
	return "write", fresh()
}

func (o *register) apply(_ history.Process, f string, asked any) (any, bool) {
	switch f {
	case "read":
		return o.value, true
	case "cas":
		pair := asked.([]any)
		if fmt.Sprint(pair[0]) != fmt.Sprint(o.value) {
			return recorded(o.tells, asked, false), o.tells
		}
		o.past, o.value = o.value, pair[1]
		return recorded(o.tells, asked, true), true
	}
	o.past, o.value = o.value, asked
	return asked, true
}

// set grows only if grows is true, which has an algorithm of its own.
type set struct {
	grows  bool
	tells  bool // whether the next call records what it was told
	values []int
}

func (o *set) draw(r *rand.Rand, fresh func() int) (string, any) {
	o.tells = r.IntN(2) == 0
	known := func() int {
		if v := fresh(); len(o.values) == 0 || r.IntN(3) == 0 {
			return v
		}
		return o.values[r.IntN(len(o.values))]
	}
	switch n := r.IntN(12); {
	case n < 4, o.grows && n < 5:
		return "add", fresh()
	case n < 5:
		return "remove", known()
	case n < 7, n < 8 && !o.grows:
		return "contains", known()
	}
	return "read", nil
}

func (o *set) apply(_ history.Process, f string, asked any) (any, bool) {
	switch f {
	case "read":
		return append([]int{}, o.values...), true
	case "contains":
		return []any{asked, slices.Contains(o.values, asked.(int))}, true
	}
	has := slices.Contains(o.values, asked.(int))
	if f == "remove" {
		o.values = slices.DeleteFunc(o.values, func(v int) bool { return v == asked })
		return recorded(o.tells, asked, has), true
	}
	if !has {
		o.values = append(o.values, asked.(int))
	}
	return recorded(o.tells, asked, !has), true
}

type queue struct {
	stack  bool
	bag    bool // any value may be taken out
	drains bool
	values []int
}

func (o *queue) draw(r *rand.Rand, fresh func() int) (string, any) {
	switch in := r.IntN(2) == 0 || len(o.values) == 0 && r.IntN(4) > 0; {
	case o.stack && in:
		return "push", fresh()
	case o.stack:
		return "pop", nil
	case in:
		return "enqueue", fresh()
	case o.drains && r.IntN(4) == 0:
		return "drain", nil
	}
	return "dequeue", nil
}

func (o *queue) apply(_ history.Process, f string, asked any) (any, bool) {
	switch {
	case f == "push" || f == "enqueue":
		o.values = append(o.values, asked.(int))
		return asked, true
	case f == "drain":
		values := append([]int{}, o.values...)
		o.values = nil
		return values, true
	case len(o.values) == 0:
		return nil, true
	case o.bag && len(o.values) > 1:
		v := o.values[len(o.values)/2]
		o.values = slices.Delete(o.values, len(o.values)/2, len(o.values)/2+1)
		return v, true
	case o.stack:
		v := o.values[len(o.values)-1]
		o.values = o.values[:len(o.values)-1]
		return v, true
	}
	v := o.values[0]
	o.values = o.values[1:]
	return v, true
}

// counter is counted up by one if unit is true.
type counter struct {
	unit  bool
	tells bool // whether the next call records what it was told
	n     int
}

func (o *counter) draw(r *rand.Rand, fresh func() int) (string, any) {
	o.tells = r.IntN(3) == 0
	if r.IntN(2) == 0 {
		return "read", nil
	}
	if o.unit {
		return "add", 1
	}
	if n := fresh(); r.IntN(4) > 0 {
		return "add", n
	} else {
		return "add", -n
	}
}

func (o *counter) apply(_ history.Process, f string, asked any) (any, bool) {
	if f == "read" {
		return o.n, true
	}
	o.n += asked.(int)
	return recorded(o.tells, asked, o.n), true
}

type mutex struct {
	fenced bool
	held   bool
	holder history.Process
	token  int
}

func (o *mutex) draw(r *rand.Rand, _ func() int) (string, any) {
	switch r.IntN(6) {
	case 0:
		return "try_acquire", nil
	case 1:
		if o.held {
			return "acquire", nil
		}
	case 2:
		if !o.held {
			return "release", nil
		}
	}
	if !o.held {
		return "acquire", nil
	}
	return "release", nil
}

func (o *mutex) apply(p history.Process, f string, _ any) (any, bool) {
	switch {
	case f == "release" && o.held && o.holder == p:
		o.held = false
		return nil, true
	case f == "try_acquire" && o.held:
		return false, true
	case f != "release" && !o.held:
		o.held, o.holder = true, p
		o.token += 1 + int(p)%3
		if o.fenced {
			return o.token, true
		}
		if f == "try_acquire" {
			return true, true
		}
		return nil, true
	}
	return nil, false
}

type appendList struct{ values []int }

func (o *appendList) draw(r *rand.Rand, fresh func() int) (string, any) {
	if r.IntN(2) == 0 {
		return "read", nil
	}
	return "append", fresh()
}

func (o *appendList) apply(_ history.Process, f string, asked any) (any, bool) {
	if f == "read" {
		return append([]int{}, o.values...), true
	}
	o.values = append(o.values, asked.(int))
	return asked, true
}

// text is written in words of which none begins another, unless loose is true.
type text struct {
	loose bool
	all   string
}

// looseWords begin and end each other, make each other, or are empty.
var looseWords = []string{"a", "b", "ab", "ba", "", "aa", "bab", "c", "abc"}

func (o *text) draw(r *rand.Rand, fresh func() int) (string, any) {
	n := r.IntN(4)
	if n > 1 {
		return "get", nil
	}
	word := fmt.Sprint(fresh(), " ")
	if o.loose {
		word = looseWords[r.IntN(len(looseWords))]
	}
	return []string{"put", "append"}[n], word
}

func (o *text) apply(_ history.Process, f string, asked any) (any, bool) {
	switch f {
	case "get":
		return o.all, true
	case "put":
		o.all = ""
	}
	o.all += asked.(string)
	return asked, true
}

type ids struct{ n int }

func (o *ids) draw(*rand.Rand, func() int) (string, any) { return "generate", nil }

func (o *ids) apply(history.Process, string, any) (any, bool) {
	o.n++
	return o.n, true
}
