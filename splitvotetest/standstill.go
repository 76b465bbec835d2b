package splitvotetest

import (
	"fmt"
	"os"
	"time"
)

// standstill is how long a run in virtual time may do nothing, in real time.
var standstill = 20 * time.Second

// watch says so on standard error if a run in a bubble stands still: the test would hang without a
// word. It must be called outside the bubble; what it returns ends it.
func (e *experiment) watch() (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(standstill)
		defer tick.Stop()
		last := int64(-1)
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			now := e.events.Load()
			if now == last {
				fmt.Fprintf(os.Stderr, "splitvotetest: %s, seed %d: virtual time has stood still for %v. "+
					"A goroutine waits for something outside its bubble: a real socket, a mutex, "+
					"a channel that was made before the run\n", e.name, e.x.Plan.Seed, standstill)
				return
			}
			last = now
		}
	}()
	return func() { close(done) }
}
