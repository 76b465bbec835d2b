package kv

// Store is the replicated state machine (protocol.Machine).
type Store struct {
	objects  map[place]object
	sessions map[string]session
}

// place is where an object is found.
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
	notQuery   = no("not a query: the call changes the object").Encode()
)

// Apply carries out an encoded Command, unless its session has seen it before (K2), and returns an encoded Result.
func (s *Store) Apply(command []byte) []byte {
	c, err := Decode(command)
	if err != nil {
		return notCommand
	}
	if c.Session == "" {
		return s.call(c, true).Encode()
	}
	switch last, known := s.sessions[c.Session]; {
	case known && c.Seq == last.seq:
		return last.result
	case known && c.Seq < last.seq:
		return superseded
	}
	result := s.call(c, true).Encode()
	s.sessions[c.Session] = session{c.Seq, result}
	return result
}

// Query answers a call that changes nothing; sessions have no part in it.
func (s *Store) Query(command []byte) []byte {
	c, err := Decode(command)
	if err != nil {
		return notCommand
	}
	if Check(c.Object, c.F) == nil && !ReadOnly(c.Object, c.F) {
		return notQuery
	}
	return s.call(c, false).Encode()
}

func (s *Store) call(c Command, keep bool) Result {
	k := kinds[c.Object]
	if k.calls[c.F] == 0 {
		return no(Check(c.Object, c.F).Error())
	}
	if len(c.Value) == 0 {
		c.Value = null
	}
	at := place{k.storage, c.Key}
	o, exists := s.objects[at]
	if !exists {
		o = k.make()
	}
	result := o.call(c.F, c.Value)
	if keep && !exists && k.calls[c.F] == changes && result.OK {
		s.objects[at] = o
	}
	return result
}
