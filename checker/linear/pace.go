package linear

import (
	"context"
	"time"
)

// Pace calls an online judge's Look soon after an event, and for a small part of the time.
type Pace struct {
	fresh bool // events came since the last look
	last  time.Time
	took  time.Duration
}

const (
	lookEvery   = 20 * time.Millisecond
	lookShare   = 10 // a look is not repeated for this many times the time that it took
	longestLook = 50 * time.Millisecond
)

// Event notes that the judge was shown an event.
func (p *Pace) Event() { p.fresh = true }

// Due is the time until the next look, and whether there is anything to look at.
func (p *Pace) Due() (wait time.Duration, fresh bool) {
	return time.Until(p.last.Add(max(lookEvery, lookShare*p.took))), p.fresh
}

// Look calls the judge's Look if it is due, and reports false if the history is impossible.
func (p *Pace) Look(judge Online) (possible bool) {
	if wait, _ := p.Due(); wait > 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), longestLook)
	defer cancel()
	start := time.Now()
	possible = judge.Look(ctx)
	p.last = time.Now()
	p.took, p.fresh = p.last.Sub(start), false
	return possible
}
