package node

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/splitvote/splitvote/node/wal"
	"github.com/splitvote/splitvote/protocol"
)

// host is the goroutine that owns the core and the log (N1).
type host struct {
	config  *Config
	core    protocol.Core
	journal *wal.Log
	send    senders
	desk    desk
	input   chan protocol.Input
	draw    *rand.Rand
	due     time.Time                       // of the next tick, by the monotonic clock
	clock   atomic.Pointer[clock]           // determines how long a tick is (N8)
	status  atomic.Pointer[protocol.Status] // as of the last sync

	// What waits for the next sync.
	messages []protocol.Message
	replies  []protocol.Reply
	unsynced bool // a record was written, and something waits for it
}

const (
	waiting = 1024 // inputs that can wait for the core before senders block
	batch   = 256  // the most inputs that share a sync
)

func newHost(c *Config, core protocol.Core, journal *wal.Log, s senders) *host {
	name := fnv.New64a()
	name.Write([]byte(c.ID))
	h := &host{
		config: c, core: core, journal: journal, send: s,
		desk:  desk{waiting: map[uint64]chan<- protocol.Reply{}},
		input: make(chan protocol.Input, waiting),
		draw:  rand.New(rand.NewPCG(c.Seed, name.Sum64())), // members with the same seed must draw differently
	}
	h.clock.Store(&clock{})
	h.publish()
	return h
}

// run is the core's loop. It ends when ctx is done or when the log fails (N5).
func (h *host) run(ctx context.Context) error {
	ticker := time.NewTicker(h.config.Tick)
	defer ticker.Stop()
	h.due = time.Now().Add(h.config.Tick)
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			err = h.tick()
		case in := <-h.input:
			err = h.take(in)
		}
		if err != nil {
			return err
		}
		if err := h.more(ticker.C); err != nil {
			return err
		}
		if err := h.release(); err != nil {
			return err
		}
	}
}

// more takes the inputs that are already waiting.
func (h *host) more(ticks <-chan time.Time) error {
	for range batch {
		var err error
		select {
		case <-ticks:
			err = h.tick()
		case in := <-h.input:
			err = h.take(in)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take steps an input, after the ticks that are due before it. A stopped process wakes up with
// several
// due: a core must not answer under a lease that has expired meanwhile.
func (h *host) take(in protocol.Input) error {
	if err := h.tick(); err != nil {
		return err
	}
	return h.step(in)
}

// tick steps every tick that is due. (A time.Ticker drops ticks that are not received in time; this
// loop does not.)
func (h *host) tick() error {
	k := h.clock.Load()
	for now := time.Now(); !h.due.After(now); h.due = h.due.Add(k.span(h.config.Tick)) {
		if err := h.step(protocol.Tick{Wall: k.wall(now), Draw: h.draw.Uint64()}); err != nil {
			return err
		}
	}
	return nil
}

// step passes an input to the core and holds back the output until release.
func (h *host) step(in protocol.Input) error {
	out := h.core.Step(in)
	for _, r := range out.Persist {
		if err := h.journal.Append(r); err != nil {
			return err
		}
	}
	h.unsynced = h.unsynced || len(out.Persist) > 0 && !out.Unsynced
	h.messages = append(h.messages, out.Send...)
	h.replies = append(h.replies, out.Reply...)
	return nil
}

// release syncs the log and sends what waited for it (N2). Records that nothing waits for stay in
// memory until a later release needs a sync. Outputs marked Unsynced are thus lost with a killed
// process, as they would be with a failed machine.
func (h *host) release() error {
	if h.unsynced {
		if err := h.journal.Sync(); err != nil {
			return err
		}
		h.unsynced = false
	}
	h.publish()
	for _, m := range h.messages {
		h.send.send(m)
	}
	for _, r := range h.replies {
		h.desk.answer(r)
	}
	clear(h.messages)
	clear(h.replies)
	h.messages, h.replies = h.messages[:0], h.replies[:0]
	return nil
}

// publish stores the core's status and logs its important changes.
func (h *host) publish() {
	s := h.core.Status()
	last := h.status.Load()
	same := last != nil && last.Role == s.Role && last.Leader == s.Leader && last.Term == s.Term
	if same && slices.Equal(last.Members, s.Members) {
		s.Members = last.Members
	} else {
		s.Members = slices.Clone(s.Members)
		h.config.Log.Info("status", "role", s.Role, "term", s.Term, "leader", s.Leader,
			"members", fmt.Sprint(s.Members), "commit", s.Commit)
	}
	h.status.Store(&s)
}
