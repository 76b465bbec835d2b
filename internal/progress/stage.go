package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Stage tells on a terminal what long work is known to have done, and for how long it has gone on.
// Elsewhere it prints nothing.
type Stage struct {
	line *Line
	stop chan struct{}
	done sync.WaitGroup
}

// longWork is how long work takes before it is told of.
const longWork = time.Second

// Watch begins to tell of work what known says.
func Watch(out io.Writer, known func() string) *Stage { return watch(New(out, 0), known) }

func watch(line *Line, known func() string) *Stage {
	s := &Stage{line: line, stop: make(chan struct{})}
	if !s.line.drawn {
		return s
	}
	s.done.Go(func() {
		again := time.NewTicker(s.line.Every)
		defer again.Stop()
		for {
			select {
			case <-s.stop:
				return
			case now := <-again.C:
				if took := now.Sub(s.line.started); took >= longWork {
					text := stage(known(), took) // before the lock: known has one of its own
					s.line.mu.Lock()
					s.line.Draw(text)
					s.line.mu.Unlock()
				}
			}
		}
	})
	return s
}

func stage(known string, took time.Duration) string {
	return fmt.Sprintf("%s (%v)", known, took.Round(time.Second))
}

// Clear makes room for other output on the same terminal. A nil stage has nothing to clear.
func (s *Stage) Clear() {
	if s != nil {
		s.line.Done()
	}
}

// Stop ends the telling and leaves nothing on the terminal.
func (s *Stage) Stop() {
	close(s.stop)
	s.done.Wait()
	s.Clear()
}
