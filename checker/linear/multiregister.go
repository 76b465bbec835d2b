package linear

import (
	"slices"

	"github.com/splitvote/splitvote/model"
)

type multiCall = call[model.MultiCall, model.MultiResult]

// cell is a register with a value in it.
type cell struct {
	register string
	value    model.Value
}

// readBy are the registers whose values a call saw that it had not written itself. A call with
// unknown outcome saw nothing that is known.
func readBy(c *multiCall) (read []cell) {
	if c.pending() {
		return nil
	}
	own := writtenBy(c)
	if len(own) == 0 {
		for name, value := range c.out.Reads {
			read = append(read, cell{name, value})
		}
		return read
	}
	var written []string
	var values []model.Value
	for _, value := range c.out.Reads {
		values = append(values, value)
	}
	for micro := range c.in.Micros {
		switch {
		case micro.F == model.Write:
			written = append(written, micro.Name)
		case slices.Contains(written, micro.Name):
			values = values[1:]
		default:
			read = append(read, cell{micro.Name, values[0]})
			values = values[1:]
		}
	}
	return read
}

// writtenBy are the registers that a call writes, with what each holds behind it. A write to every
// register, of which nothing else is a part, is not among them.
func writtenBy(c *multiCall) (written []cell) {
	for micro := range c.in.Micros {
		if micro.F != model.Write || micro.Every {
			continue
		}
		at := slices.IndexFunc(written, func(w cell) bool { return w.register == micro.Name })
		if at < 0 {
			at, written = len(written), append(written, cell{register: micro.Name})
		}
		written[at].value = micro.Value
	}
	return written
}

// writesEvery is the value that a call writes to every register. Only a lead does.
func writesEvery(c *multiCall) (model.Value, bool) {
	for micro := range c.in.Micros {
		return micro.Value, micro.Every
	}
	return "", false
}

// splitMulti divides calls into groups of registers that no call connects, and is exact: the groups
// are objects of their own (L3), as every call belongs to one of them alone. A write to every
// register is a lead's, and no call of a lead connects anything: it is a part of each group. A call
// without a register is always possible.
func splitMulti(calls []multiCall) [][]multiCall {
	groups := union{}
	registers := make([][]string, len(calls))
	for i := range calls {
		c := &calls[i]
		for micro := range c.in.Micros {
			if !micro.Every {
				registers[i] = append(registers[i], micro.Name)
			}
		}
		if !c.in.Writes() && len(registers[i]) == 0 && !c.pending() {
			for name := range c.out.Reads {
				registers[i] = append(registers[i], name)
			}
		}
		for _, name := range registers[i] {
			groups.join(registers[i][0], name)
		}
	}
	var every []multiCall
	parts, place := [][]multiCall{}, map[string]int{}
	for i := range calls {
		if _, all := writesEvery(&calls[i]); all {
			every = append(every, calls[i])
			continue
		}
		if len(registers[i]) == 0 {
			continue
		}
		root := groups.root(registers[i][0])
		at, known := place[root]
		if !known {
			at = len(parts)
			place[root], parts = at, append(parts, slices.Clone(every))
		}
		parts[at] = append(parts[at], calls[i])
	}
	return parts
}

// union tells which names were joined.
type union map[string]string

func (u union) root(name string) string {
	above, known := u[name]
	if !known || above == name {
		u[name] = name
		return name
	}
	u[name] = u.root(above)
	return u[name]
}

func (u union) join(a, b string) { u[u.root(b)] = u.root(a) }

// projectMulti leaves calls out, and with them reads of what they wrote. Between a call and those
// that read what it left in a register no other call writes to that register. So a call can be left
// out of an order that explains all if nobody who is kept reads from it what it wrote. Who wrote a
// value that is read is not known where values repeat: all who may have are needed. Those of them
// that are not to be kept stay with their writes alone: a read that is forgotten obliges nobody.
func projectMulti(calls []multiCall, keep func(i int) bool) []multiCall {
	needed := map[cell]bool{}
	for i := range calls {
		if keep(i) {
			for _, read := range readBy(&calls[i]) {
				needed[read] = true
			}
		}
	}
	var kept []multiCall
	for i := range calls {
		c := calls[i]
		if keep(i) {
			kept = append(kept, c)
			continue
		}
		needs := slices.ContainsFunc(writtenBy(&c), func(w cell) bool { return needed[w] })
		if value, every := writesEvery(&c); every {
			for read := range needed {
				needs = needs || read.value == value
			}
		}
		if needs {
			c.in, c.out = c.in.WithoutReads(), ""
			kept = append(kept, c)
		}
	}
	return kept
}

// reduceMulti leaves out calls with unknown outcome of which nobody read anything: nothing in an
// order that explains the others depends on them. A value that only one call left in a register was
// there when it was read, so that call took effect before the first such read ended.
func reduceMulti(calls []multiCall) []multiCall {
	first := map[cell]int{} // the earliest end of a call that read it
	for i := range calls {
		for _, read := range readBy(&calls[i]) {
			if end, known := first[read]; !known || calls[i].end < end {
				first[read] = calls[i].end
			}
		}
	}
	reduced := filter(calls, func(i int) bool {
		c := &calls[i]
		return !c.pending() || slices.ContainsFunc(writtenBy(c), func(w cell) bool { _, seen := first[w]; return seen })
	})
	writers, initially := map[cell]int{}, model.Null
	for i := range reduced {
		if value, every := writesEvery(&reduced[i]); every {
			initially = value
		}
		for _, w := range writtenBy(&reduced[i]) {
			writers[w]++
		}
	}
	for i := range reduced {
		c := &reduced[i]
		for _, w := range writtenBy(c) {
			end, seen := first[w]
			if !seen || writers[w] > 1 || w.value == initially {
				continue
			}
			if c.pending() {
				c.in = c.in.WithoutReads() // they are not known
			}
			c.end = min(c.end, end)
		}
	}
	return reduced
}
