package sim

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// purpose distinguishes the streams of random numbers (S7).
type purpose uint64

const (
	forClients purpose = iota + 1
	forLink
	forNode
	forDisk
)

// stream is a separate source of random numbers.
type stream struct{ pcg rand.PCG }

func newStream(seed uint64, p purpose, index int) (s stream) {
	s.pcg.Seed(scramble(seed), scramble(uint64(p)<<32|uint64(index)))
	return s
}

// scramble is the finaliser of SplitMix64: it spreads neighbouring numbers far apart.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (s *stream) draw() uint64 { return s.pcg.Uint64() }

// below draws uniformly from [0, n); 0 for n = 0.
func (s *stream) below(n uint64) uint64 {
	high, _ := bits.Mul64(s.draw(), n)
	return high
}

// chance is a probability as a threshold for 32 random bits.
type chance uint64

func newChance(ratio float64) chance { return chance(ratio * (1 << 32)) }

// hits draws only if the result is open.
func (s *stream) hits(c chance) bool { return c > 0 && s.draw()>>32 < uint64(c) }

// Delay is how long something takes: Base, and a tail that is about exponential.
type Delay struct {
	Base time.Duration // the least
	Mean time.Duration // of the tail
}

// of draws a delay. The tail is -log2 u of a uniform u, with the logarithm between powers of two
// drawn as a straight line so that whole numbers do (S1). Its mean is then 3/2, hence the 2/3.
func (s *stream) of(d Delay) time.Duration {
	if d.Mean <= 0 {
		return d.Base
	}
	u := s.draw() | 1<<20 // at most 43 halvings
	zeros := bits.LeadingZeros64(u)
	fraction := u << zeros << 1 >> 48 // sixteen bits behind the leading one
	log := uint64(zeros+1)<<16 - fraction
	return d.Base + time.Duration(uint64(d.Mean)*(log*2/3)>>16)
}
