package sim

import "time"

// epoch is what an honest wall clock shows when the cluster is opened: 2026-01-01, in nanoseconds
// since 1970.
const epoch = 1767225600e9

// million is the scale of drift: parts per million.
const million = 1_000_000

// clock is a node's quartz: it runs fast or slow, and its wall clock is off by what it was set
// wrong and has drifted. A crash does not touch it.
type clock struct {
	shown int64         // nanoseconds on the wall clock when it was set
	at    time.Duration // true time then
	drift int64         // parts per million by which it runs fast
}

// wall reads the wall clock.
func (k *clock) wall(now time.Duration) int64 {
	d := int64(now - k.at)
	return k.shown + d + d/million*k.drift + d%million*k.drift/million
}

// ahead returns by how much the wall clock is wrong.
func (k *clock) ahead(now time.Duration) time.Duration { return time.Duration(k.wall(now)-epoch) - now }

func (k *clock) set(now, ahead time.Duration, drift int64) {
	*k = clock{shown: epoch + int64(now+ahead), at: now, drift: drift}
}

// span returns the true time that passes while the clock counts d.
func (k *clock) span(d time.Duration) time.Duration {
	if k.drift == 0 {
		return d
	}
	return time.Duration(int64(d) * million / (million + k.drift))
}
