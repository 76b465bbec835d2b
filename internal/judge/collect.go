package judge

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A large history consists of few large pieces that live until the end. Collecting garbage while
// they are filled costs more time than filling them, and the runtime then stops everything for up
// to a second, Ctrl-C included: it makes the reader pay for the largest piece in one go. So the
// first collection is put off until the history is read, or until the process holds firstCollection
// bytes if the file is small. Go's default then lets the heap double before the next one, which for
// a million calls is more than 700 MB; roomBesides keeps it lower.
const (
	firstCollection = 512 << 20
	smallHeap       = 544 << 20 // a heap that is smaller than this may double
)

// roomBesides is the limit of memory until the next collection, given how much is live: Go's
// default, up to smallHeap; half as much again as is live, beyond that.
func roomBesides(live uint64) int64 {
	return int64(min(max(smallHeap, live+live/2), math.MaxInt64))
}

// roomToRead is the limit of memory until the first collection, for a file of the given size. A
// history of short values takes 1.6 times the bytes of its file; history bounds it at 4 GiB.
func roomToRead(file int64) int64 {
	return max(firstCollection, min(file+file/4*3, 4<<30))
}

// collectLater puts garbage collection off and then bounds the heap, as described above. size is
// that of the file, 0 if it is not known. A user's GOGC or GOMEMLIMIT takes precedence.
func collectLater(size int64) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(roomToRead(size))
	afterCollection(func() {
		debug.SetGCPercent(100)
		boundHeap()
	})
}

// boundHeap sets the limit now and after every collection.
func boundHeap() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetMemoryLimit(roomBesides(live[0].Value.Uint64()))
	afterCollection(boundHeap)
}

// afterCollection calls do once, after the next collection.
func afterCollection(do func()) {
	runtime.AddCleanup(new([64]byte), func(do func()) { do() }, do)
}
