package txn

import (
	"context"
	"errors"
	"fmt"

	"github.com/splitvote/splitvote/history"
)

// none stands for no transaction, no element, no micro-operation.
const none int32 = -1

// trace is a history's transactions with their micro-operations.
type trace struct {
	history *history.History
	txns    []transaction
	micros  []micro
	keys    []string // as JSON
	values  []value

	predicates []predicate // in the order of their places among the micro-operations

	repeats *repeats // values that were written more than once; nil while a history happens (X16)

	retried bool // a value that a transaction wrote that failed was written again

	initial history.Initial
	begins  []begin           // by key, none if there are no initial values
	named   map[string]string // keys that have an initial value of their own, by name
	strays  []stray

	keyNumbers map[string]int32
	small      map[uint64]int32 // values that are small numbers, by key and number
	others     map[valueName]int32
	latest     []int32 // of each key the micro-operation that touched it last
}

// transaction is one call.
type transaction struct {
	op         int   // index of the invocation, as evidence names it
	begin, end int32 // positions of invocation and completion in the history; end is none unless it ended ok
	process    history.Process
	kind       history.Kind
	from, to   int32 // its micro-operations are micros[from:to]
	committed  bool  // ok, or info and seen (X1)
}

// micro is a micro-operation. A transaction that did not end ok keeps only its writes, and a
// predicate read only the reads of the keys that it found.
type micro struct {
	write bool
	bad   bool // a read that contradicts its own transaction
	all   bool // a predicate read not yet taken apart, whose list is what it returned
	key   int32
	value int32  // written, or read from a register; none for null and for the reads of lists
	prev  int32  // the transaction's micro-operation before it on the same key, or none
	list  []byte // the text that a read of a list returned, without brackets
}

// value is an element that was appended to a key, or a value written to it, or one that was only
// read.
type value struct {
	text   []byte
	key    int32
	writer int32 // none if nobody wrote it
	final  bool  // its writer wrote nothing later to the key
	place  int32 // in the order of the key's list, or none
}

type valueName struct {
	key  int32
	text string
}

// twice is a value that was written more than once, so that a read does not tell which write it
// saw (X2).
type twice struct {
	key, value string
	initial    bool // written once or more, and the initial value
}

func (t *twice) Error() string {
	if t.initial {
		return fmt.Sprintf("%s was written to %s, which cannot be told from its initial value", t.value, t.key)
	}
	return fmt.Sprintf("%s was written to %s more than once, so that reads do not tell which write they saw", t.value,
		t.key)
}

// names of the micro-operations that write, by model.
var writes = map[string]string{ListAppend: `"append"`, RWRegister: `"w"`}

// read takes a history apart. An error is *twice, or that of ctx, or says what is no transaction.
func read(ctx context.Context, modelName string, h *history.History) (*trace, error) {
	return readFailed(ctx, modelName, h, false)
}

// readFailed is read; apart says that a failed write of a value that was written more than once is
// a write of its own. Otherwise reads are taken to have seen the other write, as they did from
// read-committed up: see [judge.failedApart].
func readFailed(ctx context.Context, modelName string, h *history.History, apart bool) (*trace, error) {
	calls := h.Calls()
	t := &trace{history: h, initial: h.Initial, repeats: newRepeats(), txns: make([]transaction, 0, len(calls)),
		micros: make([]micro, 0, 4*len(calls)), keyNumbers: map[string]int32{},
		small: make(map[uint64]int32, 2*len(calls)), others: map[valueName]int32{}}
	var failed []int32
	for i, c := range calls {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		op, done := h.Invocation(c), h.Completion(c)
		if op.Process == history.Nemesis {
			continue
		}
		if op.F != "txn" {
			return nil, fmt.Errorf("#%d is %s, want txn", op.Index, op.F)
		}
		if op.Key != "" {
			return nil, fmt.Errorf("#%d has the key %s, but a transaction names its keys itself", op.Index, op.Key)
		}
		x := transaction{op: op.Index, begin: int32(c.Invoke), end: none, process: op.Process, kind: h.Kind(c),
			from: int32(len(t.micros))}
		text := op.Value
		if x.kind == history.Ok {
			text, x.end, x.committed = done.Value, int32(c.Complete), true
		}
		number, strays := int32(len(t.txns)), len(t.strays)
		if err := t.parse(modelName, text, &x); err != nil {
			return nil, fmt.Errorf("#%d: %w", op.Index, err)
		}
		for i := strays; i < len(t.strays); i++ {
			t.strays[i].txn = number
		}
		if len(t.predicates) > 0 && t.initial.Given() {
			return nil, fmt.Errorf("#%d: %w", op.Index, errPredicateOfInitial)
		}
		if x.to = int32(len(t.micros)); x.kind == history.Fail {
			failed = append(failed, number)
		}
		t.txns = append(t.txns, x)
		t.forget(t.micros[x.from:])
	}
	if err := t.expand(modelName); err != nil {
		return nil, err
	}
	for i := range t.txns {
		if err := t.attribute(int32(i)); err != nil {
			return nil, err
		}
	}
	if len(t.predicates) > 0 {
		for of := range t.repeats.of {
			if of.value == none { // nor can it be told from a key that has no value
				return nil, &twice{key: t.keys[of.key], value: "null", initial: true}
			}
		}
	}
	for _, f := range failed { // a client may try again what certainly failed
		did := t.did(f)
		for i := range did {
			m := &did[i]
			t.retried = t.retried || t.values[m.value].writer != none
			if apart && t.values[m.value].writer != none {
				m.value = t.again(m.value)
			}
			if v := &t.values[m.value]; v.writer == none {
				v.writer = f
			}
		}
	}
	return t, nil
}

// forget ends a transaction of these micro-operations: the next has not touched any key yet.
func (t *trace) forget(did []micro) {
	for i := range did {
		if !did[i].all {
			t.latest[did[i].key] = none
		}
	}
}

// did is what a transaction did.
func (t *trace) did(x int32) []micro { return t.micros[t.txns[x].from:t.txns[x].to] }

// attribute enters a transaction that did not fail as the writer of its values.
func (t *trace) attribute(number int32) error {
	x := &t.txns[number]
	if x.kind == history.Fail {
		return nil
	}
	for i := x.from; i < x.to; i++ {
		m := &t.micros[i]
		if !m.write {
			continue
		}
		v := &t.values[m.value]
		if v.writer != none {
			if t.repeats == nil {
				return &twice{key: t.keys[v.key], value: string(v.text)}
			}
			m.value = t.again(m.value)
			v = &t.values[m.value]
		}
		v.writer, v.final = number, true
		for p := m.prev; p != none; p = t.micros[p].prev {
			if t.micros[p].write {
				t.values[t.micros[p].value].final = false
				break
			}
		}
	}
	return nil
}

var (
	errMicro              = errors.New("a transaction is a list of [f, key, value]")
	errPredicateOfInitial = errors.New("a predicate read is not judged where initial values are given")
)

// parse appends the micro-operations of one transaction.
func (t *trace) parse(modelName string, text []byte, x *transaction) error {
	s := scanner{data: text}
	if !s.take('[') {
		return fmt.Errorf("%w, not %s", errMicro, brief(text))
	}
	for first := true; !s.take(']'); first = false {
		if !first && !s.take(',') || !s.take('[') {
			return fmt.Errorf("%w, not %s", errMicro, brief(text))
		}
		f := s.value()
		ok := s.take(',')
		key := s.value()
		v := []byte("null") // a read of nothing yet may leave it out, as in Elle's examples
		if s.take(',') {
			v = s.value()
		} else {
			ok = ok && string(f) == `"r"`
		}
		if !s.take(']') || !ok || len(v) == 0 {
			return fmt.Errorf("%w, not %s", errMicro, brief(text))
		}
		if err := t.micro(modelName, f, key, v, x); err != nil {
			return err
		}
	}
	if !s.end() {
		return fmt.Errorf("%w, not %s", errMicro, brief(text))
	}
	return nil
}

func (t *trace) micro(modelName string, f, key, raw []byte, x *transaction) error {
	m := micro{value: none}
	switch string(f) {
	case writes[modelName]:
		m.write = true
	case `"r"`:
		if x.kind != history.Ok {
			return nil
		}
	case `"rp"`:
		if string(key) != "null" {
			return fmt.Errorf("a predicate read has the key %s, want null, because it reads all keys", brief(key))
		}
		if x.kind == history.Ok {
			t.micros = append(t.micros, micro{all: true, key: none, value: none, prev: none, list: raw})
			t.predicates = append(t.predicates, predicate{})
		}
		return nil
	default:
		return fmt.Errorf(`%s is no micro-operation, want %s, "r" or "rp"`, brief(f), writes[modelName])
	}
	var err error
	if m.key, err = t.key(key); err != nil {
		return err
	}
	if err = t.begin(modelName); err != nil {
		return err
	}
	if m.write && modelName == RWRegister && t.isInitial(m.key, raw) { // it cannot be told from the initial value
		if t.repeats == nil {
			return &twice{key: t.keys[m.key], value: string(raw), initial: true}
		}
		m.value = t.newValue(m.key, raw)
		if x.kind != history.Fail {
			t.repeats.add(m.key, none, m.value)
		}
		t.touch(m)
		return nil
	}
	if err = t.holds(modelName, &m, raw); err != nil {
		return err
	}
	if !m.write && modelName == ListAppend {
		b := t.began(m.key)
		rest, ok := b.rest(m.list)
		if !ok {
			t.strays = append(t.strays, stray{key: m.key, list: m.list})
			return nil
		}
		m.list = rest
	}
	t.touch(m)
	return nil
}

// holds enters what was written or read.
func (t *trace) holds(modelName string, m *micro, raw []byte) (err error) {
	switch {
	case m.write || modelName == RWRegister && !t.isInitial(m.key, raw):
		m.value, err = t.value(m.key, raw)
	case modelName == ListAppend:
		m.list, err = listText(raw)
	}
	return err
}

// touch appends a micro-operation to those of the last transaction.
func (t *trace) touch(m micro) {
	m.prev = t.latest[m.key]
	t.latest[m.key] = int32(len(t.micros))
	t.micros = append(t.micros, m)
}

// key is a key's number.
func (t *trace) key(raw []byte) (int32, error) {
	if k, ok := t.keyNumbers[string(raw)]; ok {
		return k, nil
	}
	text, err := canonical(raw)
	if err != nil || len(raw) == 0 {
		return 0, fmt.Errorf("a key is %s, want JSON", brief(raw))
	}
	k, ok := t.keyNumbers[string(text)]
	if !ok {
		k = int32(len(t.keys))
		t.keys = append(t.keys, string(text))
		t.latest = append(t.latest, none)
		t.keyNumbers[string(text)] = k
	}
	t.keyNumbers[string(raw)] = k
	return k, nil
}

// value is the number of a key's value.
func (t *trace) value(key int32, raw []byte) (int32, error) {
	if n, ok := smallNumber(raw); ok {
		name := uint64(key)<<32 | n
		v, known := t.small[name]
		if !known {
			v = t.newValue(key, raw)
			t.small[name] = v
		}
		return v, nil
	}
	text, err := canonical(raw)
	if err != nil || len(raw) == 0 {
		return 0, fmt.Errorf("a value is %s, want JSON", brief(raw))
	}
	if n, ok := smallNumber(text); ok { // 5.0 is 5
		return t.value(key, fmt.Append(nil, n))
	}
	name := valueName{key, string(text)}
	v, known := t.others[name]
	if !known {
		v = t.newValue(key, text)
		t.others[name] = v
	}
	return v, nil
}

func (t *trace) newValue(key int32, text []byte) int32 {
	t.values = append(t.values, value{text: text, key: key, writer: none, place: none})
	return int32(len(t.values) - 1)
}

// elements are the values of a list's text.
func (t *trace) elements(key int32, text []byte) ([]int32, error) {
	var all []int32
	s := scanner{data: text}
	for !s.end() {
		if len(all) > 0 && !s.take(',') {
			return nil, fmt.Errorf("a read returned [%s], want a list", brief(text))
		}
		v, err := t.value(key, s.value())
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// aborted says whether a value was written by a transaction that failed.
func (t *trace) aborted(v int32) bool {
	w := t.values[v].writer
	return w != none && t.txns[w].kind == history.Fail
}

// committed says whether a value was written by a transaction that committed.
func (t *trace) committed(v int32) bool {
	w := t.values[v].writer
	return w != none && t.txns[w].committed
}

// see takes it that a committed transaction read a value: whoever wrote it committed, unless it
// certainly did not (X1).
func (t *trace) see(v int32) {
	if w := t.values[v].writer; w != none && t.txns[w].kind != history.Fail {
		t.txns[w].committed = true
	}
}
