package splitvotetest

import "time"

// SetStandstill changes how long a run in a bubble may stand still, until it is set back.
func SetStandstill(d time.Duration) (back func()) {
	was := standstill
	standstill = d
	return func() { standstill = was }
}
