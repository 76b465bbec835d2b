package node

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/splitvote/splitvote/node/wal"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// stopping is a core whose process is stopped for ten ticks during its first message.
type stopping struct {
	heard []string
	done  context.CancelFunc
}

func (s *stopping) Step(in protocol.Input) protocol.Output {
	switch in.(type) {
	case protocol.Tick:
		s.heard = append(s.heard, "tick")
	case protocol.Receive:
		s.heard = append(s.heard, "message")
		if len(s.heard) == 1 {
			time.Sleep(10 * time.Second)
		} else {
			s.done()
		}
	}
	return protocol.Output{}
}

func (*stopping) Status() protocol.Status { return protocol.Status{} }

// A stopped process receives every tick that passed before any other input: a leader must not
// answer
// the next read under a lease that has expired meanwhile.
func TestTicksMissedComeBeforeTheNextMessage(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		journal, _, err := wal.Open(dir, wire.New(struct{}{}))
		if err != nil {
			t.Fatal(err)
		}
		defer journal.Close()
		ctx, cancel := context.WithCancel(t.Context())
		core := &stopping{done: cancel}
		h := newHost(&Config{ID: "n1", Tick: time.Second, Log: slog.New(slog.DiscardHandler)}, core, journal, nil)
		h.input <- protocol.Receive{}
		h.input <- protocol.Receive{}
		if err := h.run(ctx); err != nil {
			t.Fatal(err)
		}
		want := append(append([]string{"message"}, slices.Repeat([]string{"tick"}, 10)...), "message")
		if !slices.Equal(core.heard, want) {
			t.Errorf("the core heard %v, want %v", core.heard, want)
		}
	})
}
