package history

import (
	"fmt"
	"strings"
	"time"
)

// backsteps counts the times that were raised for H3. A recorder that reads its clock before it
// appends the event, as the workers of Jepsen do, writes times that fall by micro- or milliseconds.
// The order of the events is still right: a worker appends an invocation before it calls, and a
// completion after it has the answer.
type backsteps struct {
	events int
	most   time.Duration // by which a time was raised
}

// order raises op's time to that of the event before it.
func (p *pairing) order(op *Op) {
	if p.events > 1 && op.Time < p.last {
		p.back.events++
		p.back.most = max(p.back.most, p.last-op.Time)
		op.Time = p.last
	}
	p.last = op.Time
}

// notes say what was changed in the events that add has seen.
func (p *pairing) notes() []string {
	switch p.back.events {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("1 event's time steps back by %s: events are in the order of the file",
			spaced(p.back.most))}
	}
	return []string{fmt.Sprintf("%d events' times step back by up to %s: events are in the order of the file",
		p.back.events, spaced(p.back.most))}
}

// spaced writes a duration with a space before its unit, where it has only one.
func spaced(d time.Duration) string {
	text := d.String()
	if unit := strings.TrimLeft(text, "0123456789."); !strings.ContainsAny(unit, "0123456789") {
		return strings.TrimSuffix(text, unit) + " " + unit
	}
	return text
}
