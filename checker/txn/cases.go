package txn

import "slices"

// guess takes it that what is open was in the order of time, as it mostly was: the pairs that are
// farthest apart first, many at a time, and fewer where that cannot be. It says whether that
// settles all pairs; if not, nothing has changed.
func (p *polygraph) guess() (settled bool) {
	begin := len(p.steps)
	var open []int
	for i := range p.pairs {
		if !p.pairs[i].decided {
			open = append(open, i)
		}
	}
	slices.SortStableFunc(open, func(a, b int) int { return p.apart(b) - p.apart(a) })
	p.terse = true
	defer func() { p.terse = false }()
	for many := (len(open) + 1) / 2; ; {
		here := len(p.steps)
		for _, i := range open {
			if len(p.steps) < here+many && !p.pairs[i].decided {
				p.enter(&step{literal: p.inTime(i), pair: i, assumed: true})
			}
		}
		if why := p.follow(); why == nil && !p.gaveUp {
			if open = slices.DeleteFunc(open, func(i int) bool { return p.pairs[i].decided }); len(open) == 0 {
				return p.sure()
			}
			many = (len(open) + 1) / 2
			continue
		}
		if many /= 4; many == 0 || p.gaveUp {
			p.leave(begin)
			return false
		}
		p.leave(here)
	}
}

// inTime is a pair in the order in which its transactions ended.
func (p *polygraph) inTime(i int) literal {
	l := p.pairs[i].literal
	if uint32(p.txns[l.newer].end) < uint32(p.txns[l.older].end) { // none is the greatest
		return l.not()
	}
	return l
}

// apart is how long after the end of one of a pair the other began.
func (p *polygraph) apart(i int) int {
	l := p.inTime(i)
	return int(p.txns[l.newer].begin) - int(min(uint32(p.txns[l.older].end), uint32(len(p.history.Ops))))
}

// sure says whether a cycle that is proscribed could not have been out of sight.
func (p *polygraph) sure() bool {
	p.gaveUp = p.gaveUp || p.no == single && !p.whole()
	return !p.gaveUp
}

// cases decides, by supposing what is open one way, and the other way where that cannot be.
func (p *polygraph) cases() *refutation {
	for {
		if why := p.follow(); why != nil || p.gaveUp {
			return why
		}
		open := slices.IndexFunc(p.pairs, func(pair pair) bool { return !pair.decided })
		if open < 0 {
			p.sure()
			return nil
		}
		here := len(p.steps)
		supposed := &step{literal: p.inTime(open), pair: open, assumed: true}
		p.enter(supposed)
		why := p.cases()
		if why == nil {
			return nil
		}
		p.leave(here)
		if !slices.Contains(why.steps, supposed) {
			return why
		}
		p.enter(&step{literal: supposed.not(), pair: open, cases: why})
	}
}
