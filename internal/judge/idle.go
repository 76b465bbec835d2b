package judge

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/splitvote/splitvote/internal/failure"
)

// errJudged ends a stream whose judge has found a violation while it waited for more.
var errJudged = errors.New("judged")

// firstIdle is how long nothing comes until a reader counts as idle.
const firstIdle = 20 * time.Millisecond

// idling is a reader that does something useful while it waits: it asks idle, which says when to
// ask again, until there is nothing left to do. A read ends with errJudged where idle says that the
// history is impossible already.
type idling struct {
	ctx    context.Context
	chunks chan chunk
	rest   chunk
	idle   func() (again time.Duration, more, possible bool)
}

// chunk is what one Read returned.
type chunk struct {
	text []byte
	err  error
}

// newIdling reads ahead from in, by one read. A read that never returns keeps its goroutine until
// the process ends.
func newIdling(ctx context.Context, in io.Reader, idle func() (time.Duration, bool, bool)) *idling {
	r := &idling{ctx: ctx, chunks: make(chan chunk), idle: idle}
	go func() {
		for {
			c := chunk{text: make([]byte, 1<<16)}
			var n int
			n, c.err = in.Read(c.text)
			c.text = c.text[:n]
			select {
			case r.chunks <- c:
			case <-ctx.Done():
				return
			}
			if c.err != nil {
				return
			}
		}
	}()
	return r
}

func (r *idling) Read(to []byte) (int, error) {
	for len(r.rest.text) == 0 {
		if r.rest.err != nil {
			return 0, r.rest.err
		}
		if err := r.await(); err != nil {
			return 0, err
		}
	}
	n := copy(to, r.rest.text)
	r.rest.text = r.rest.text[n:]
	return n, nil
}

// await takes the next chunk.
func (r *idling) await() error {
	wait := time.NewTimer(firstIdle)
	defer wait.Stop()
	for {
		select {
		case r.rest = <-r.chunks:
			return nil
		case <-r.ctx.Done():
			return failure.ErrStopped
		case <-wait.C:
			again, more, possible := r.idle()
			if !possible {
				return errJudged
			}
			if more {
				wait.Reset(max(again, time.Millisecond))
			}
		}
	}
}
