package judge

import "testing"

// A small heap may double, as usual in Go. A large one gets half of what is live as room for
// garbage, so that a million calls are judged, explained and graded in less than 700 MB.
func TestRoomBesidesWhatIsLive(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct{ live, want uint64 }{
		{3 * mib, 544 * mib},
		{300 * mib, 544 * mib},
		{400 * mib, 600 * mib}, // a million calls while they are graded
		{1600 * mib, 2400 * mib},
	} {
		if got := roomBesides(c.live); uint64(got) != c.want {
			t.Errorf("with %d MiB live the limit is %d MiB, want %d MiB", c.live/mib, got/mib, c.want/mib)
		}
	}
}

// Nothing is collected while a file is read, however long it is: the runtime would stop everything
// for up to a second, Ctrl-C included.
func TestRoomToReadAFile(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct{ file, want int64 }{
		{0, 512 * mib}, // a pipe
		{164 * mib, 512 * mib},
		{672 * mib, 1176 * mib}, // four million calls, which take 1.1 GB
		{64 << 30, 4 << 30},
	} {
		if got := roomToRead(c.file); got != c.want {
			t.Errorf("for a file of %d MiB the limit is %d MiB, want %d MiB", c.file/mib, got/mib, c.want/mib)
		}
	}
}
