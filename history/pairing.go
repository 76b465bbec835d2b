package history

import (
	"fmt"
	"time"
)

// pairing holds events to H1, H2 and H4, makes them obey H3 as they come, and says which call each
// belongs to. What it remembers grows with the number of processes, not of events.
type pairing struct {
	events int
	calls  int
	last   time.Duration // when the event before was
	back   backsteps
	open   settling
	few    []process
	many   map[Process]*process // those whose number is too great for few
	faults map[string][]int     // the nemesis's calls under way, by F
	begins Initial              // what the header says
}

// process is what is known of a client.
type process struct {
	call  int    // under way, counted from 1; 0 if there is none
	f     string // of the last call
	ended bool   // by an info: never to be used again
}

// unpaired is the call of a nemesis's event that belongs to none.
const unpaired = -1

// add numbers an event and pairs it: an invocation begins the next call, a completion ends the call
// that is returned. Calls are counted from 0. A completion of the nemesis ends its first call under
// way with the same F, or none.
func (p *pairing) add(op *Op) (call int, err error) {
	op.Index = p.events
	p.events++
	if op.Process == noProcess {
		return unpaired, &EventError{op.Index, errProcess.Error()}
	}
	err = p.open.settle(op)
	if err == nil {
		err = p.begins.Ambiguous(op.Key)
	}
	if err != nil {
		return unpaired, &EventError{op.Index, err.Error()}
	}
	p.order(op)
	if op.Process == Nemesis {
		return p.fault(op), nil
	}
	c := p.process(op.Process)
	switch {
	case op.Kind == Invoke && c.call > 0:
		return unpaired, &EventError{op.Index, fmt.Sprintf("process %d invokes %s while its %s is under way (H1)",
			op.Process, op.F, c.f)}
	case op.Kind == Invoke && c.ended:
		return unpaired, &EventError{op.Index, fmt.Sprintf("process %d is used again after an info (H4)", op.Process)}
	case op.Kind == Invoke:
		p.calls++
		c.call, c.f = p.calls, op.F
		return c.call - 1, nil
	case c.call == 0:
		return unpaired, &EventError{op.Index, fmt.Sprintf("process %d completes %s, which it has not invoked (H2)",
			op.Process, op.F)}
	}
	call = c.call - 1
	c.call, c.ended = 0, op.Kind == Info
	return call, nil
}

func (p *pairing) fault(op *Op) int {
	if op.Kind == Invoke {
		if p.faults == nil {
			p.faults = map[string][]int{}
		}
		p.faults[op.F] = append(p.faults[op.F], p.calls)
		p.calls++
		return p.calls - 1
	}
	under := p.faults[op.F]
	if len(under) == 0 {
		return unpaired
	}
	p.faults[op.F] = under[1:]
	return under[0]
}

// process finds what is known of a client. Processes are numbered densely in most histories and
// found in a slice, which never grows beyond what the number of events warrants: a file that names
// process 2⁶² must not cost memory.
func (p *pairing) process(number Process) *process {
	if number >= 0 && number < Process(len(p.few)) {
		return &p.few[number]
	}
	if number >= 0 && number < Process(2*p.events+64) {
		grown := make([]process, 2*int(number)+64)
		copy(grown, p.few)
		for far, c := range p.many {
			if far < Process(len(grown)) && far >= 0 {
				grown[far] = *c
				delete(p.many, far)
			}
		}
		p.few = grown
		return &p.few[number]
	}
	c := p.many[number]
	if c == nil {
		if p.many == nil {
			p.many = map[Process]*process{}
		}
		c = &process{}
		p.many[number] = c
	}
	return c
}
