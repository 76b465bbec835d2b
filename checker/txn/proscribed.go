package txn

// proscribed says which cycles a level proscribes.
type proscribed uint8

const (
	anyCycle proscribed = iota // serializability
	apart                      // one in which no two rw follow each other: snapshot isolation
	single                     // one with at most one rw: consistent view
)

// leads calls visit with the steps from state to state that an edge allows.
func (no proscribed) leads(e edge, visit func(from, to int32)) {
	switch {
	case no == anyCycle:
		visit(e.from, e.to)
	case e.kind.in(anyRW):
		visit(2*e.from, 2*e.to+1)
	default:
		visit(2*e.from, 2*e.to)
		if e.kind == pass || no == single {
			visit(2*e.from+1, 2*e.to+1)
		} else {
			visit(2*e.from+1, 2*e.to)
		}
	}
}

// states is how many states so many nodes have: 2n, and 2n+1 for node n after an rw, but where an
// rw is an edge like any other.
func (no proscribed) states(nodes int32) int32 {
	if no == anyCycle {
		return nodes
	}
	return 2 * nodes
}

// node is that of a state.
func (no proscribed) node(state int32) int32 {
	if no == anyCycle {
		return state
	}
	return state / 2
}

// closes says that an edge would close a cycle: by a path back, over one rw at most where the edge
// is none, and where no two rw may follow each other none at either end of one that is.
func (p *polygraph) closes(e edge) bool {
	switch {
	case p.no == anyCycle:
		return p.comes(e.to, e.from)
	case !e.kind.in(anyRW):
		return p.comes(2*e.to, 2*e.from) || p.comes(2*e.to, 2*e.from+1)
	case p.no == apart:
		return p.comes(2*e.to+1, 2*e.from)
	default:
		return p.comes(2*e.to+1, 2*e.from+1)
	}
}

// idle says that an edge adds nothing to the paths that there are.
func (p *polygraph) idle(e edge) bool {
	switch {
	case p.no == anyCycle:
		return p.comes(e.from, e.to)
	case e.kind.in(anyRW):
		return p.comes(2*e.from, 2*e.to) || p.comes(2*e.from, 2*e.to+1)
	case p.no == apart:
		return p.comes(2*e.from+1, 2*e.to)
	default:
		return p.comes(2*e.from, 2*e.to)
	}
}

// isGoal says that an edge closes a cycle with a path from its end to this state.
func (p *polygraph) isGoal(closing edge, state int32) bool {
	switch {
	case p.no == anyCycle:
		return state == closing.from
	case !closing.kind.in(anyRW):
		return state/2 == closing.from
	case p.no == apart:
		return state == 2*closing.from
	default:
		return state == 2*closing.from+1
	}
}
