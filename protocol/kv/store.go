package kv

// Store is the replicated state machine (protocol.Machine).
type Store struct {
	objects  map[place]object
	sessions map[string]session
}

// place identifies an object.
type place struct{ storage, key string }

// session is what the store remembers of a client (K2).
type session struct {
	seq    uint64
	result []byte // encoded
}

// New makes an empty store.
func New() *Store {
	return &Store{objects: map[place]object{}, sessions: map[string]session{}}
}

var (
	superseded = Result{Superseded: true, Err: "session has gone past this request"}.Encode()
	notCommand = no("not a command").Encode()
)

// Apply carries out an encoded Command, unless its session has seen it before (K2), and returns an
// encoded Result.
func (s *Store) Apply(command []byte) []byte {
	c, err := Decode(command)
	if err != nil {
		return notCommand
	}
	if c.Session == "" {
		return s.carry(c, s.objects).Encode()
	}
	switch last, known := s.sessions[c.Session]; {
	case known && c.Seq == last.seq:
		return last.result
	case known && c.Seq < last.seq:
		return superseded
	}
	result := s.carry(c, s.objects).Encode()
	s.sessions[c.Session] = session{c.Seq, result}
	return result
}

// Query returns what Apply would and changes nothing: a call that changes objects is tried on
// copies.
// Sessions are ignored.
func (s *Store) Query(command []byte) []byte {
	c, err := Decode(command)
	if err != nil {
		return notCommand
	}
	return s.carry(c, map[place]object{}).Encode()
}

// carry carries out c. Changed objects are put into changed, which can be the store's own map.
func (s *Store) carry(c Command, changed map[place]object) Result {
	k := kinds[c.Object]
	if k.calls[c.F] == 0 {
		return no(Check(c.Object, c.F).Error())
	}
	if len(c.Value) == 0 {
		c.Value = null
	}
	v := view{s.objects, changed, k}
	if k.compound == nil {
		return v.call(step{key: c.Key, call: c.F, value: c.Value, write: k.calls[c.F] == changes})
	}
	steps, err := k.compound.split(c)
	if err != nil {
		return no(err.Error())
	}
	answers := make([][]byte, len(steps))
	for i, one := range steps {
		result := v.call(one)
		if !result.OK {
			return result // the first, before anything was changed (compound)
		}
		answers[i] = result.Value
	}
	return ok(k.compound.join(steps, answers))
}

// view is the objects of a kind as a command sees them, including its own changes.
type view struct {
	objects, changed map[place]object
	kind             kind
}

func (v view) call(s step) Result {
	at := place{v.kind.storage, s.key}
	o, known := v.changed[at]
	if !known {
		o = v.object(at, s.write)
	}
	result := o.call(s.call, s.value)
	if !known && s.write && result.OK {
		v.changed[at] = o
	}
	return result
}

// object returns the object at a place, as a copy if it will be changed.
func (v view) object(at place, write bool) object {
	o, exists := v.objects[at]
	switch {
	case !exists:
		return v.kind.make()
	case !write:
		return o
	}
	twin := v.kind.make()
	twin.read(&reader{data: o.append(nil)})
	return twin
}
