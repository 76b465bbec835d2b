package gossip

import "math"

// Counter is a pair of vectors: what each node has added and what each has subtracted.
type Counter struct {
	Up   Vector `json:"u,omitempty"`
	Down Vector `json:"d,omitempty"`
}

func (c *Counter) join(d *Counter, bug *bugs) *Counter {
	pick := highest
	if bug.counterSums {
		pick = func(a, b uint64) uint64 {
			if a == b {
				return a
			}
			return a + b
		}
	}
	return &Counter{zip(c.Up, d.Up, pick), zip(c.Down, d.Down, pick)}
}

// value returns the sum. Concurrent additions on different nodes can together exceed 64 bits; the
// sum
// then wraps around.
func (c *Counter) value() int64 {
	if c == nil {
		return 0
	}
	return int64(c.Up.sum() - c.Down.sum())
}

// add returns the change that adds n at a node, nil if that would overflow.
func (c *Counter) add(of Mark, n int64) *Counter {
	if c == nil {
		c = &Counter{}
	}
	if v := c.value(); n > 0 && v > math.MaxInt64-n || n < 0 && v < math.MinInt64-n {
		return nil
	}
	if n < 0 {
		of.N = c.Down.of(of.Node) - uint64(n)
		return &Counter{Down: Vector{of}}
	}
	of.N = c.Up.of(of.Node) + uint64(n)
	return &Counter{Up: Vector{of}}
}

// append writes +n1:3,n2:1-n1:2.
func (c *Counter) append(b []byte) []byte {
	b = c.Up.append(append(b, '+'))
	if len(c.Down) > 0 {
		b = c.Down.append(append(b, '-'))
	}
	return b
}
