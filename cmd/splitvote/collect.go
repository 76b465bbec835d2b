package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// collectLater puts garbage collection off until the process holds half a gigabyte. A large history
// is made of few large pieces that live until the end, and to walk over them while they are filled
// costs more than to fill them. From the first collection on all is as usual. Whoever sets GOGC or
// GOMEMLIMIT is obeyed instead.
func collectLater() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(512 << 20)
	usual := func(struct{}) {
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(100)
	}
	runtime.AddCleanup(new([64]byte), usual, struct{}{}) // found unreachable by the first collection
}
