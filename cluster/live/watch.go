package live

import (
	"context"
	"sync"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// poll is the time between two questions to one node, and how long its answer may take.
const poll = 200 * time.Millisecond

// watch asks every node for its status in its own goroutine, so a paused node does not delay the
// others.
func (l *Clients) watch() {
	var telling sync.Mutex
	for _, node := range l.config.Nodes {
		l.work.Go(func() {
			var last *cluster.Status
			for {
				s := l.ask(node)
				if l.ctx.Err() != nil {
					return
				}
				if last == nil || *last != s {
					telling.Lock()
					l.config.OnStatus(time.Since(l.config.Start), node, s)
					telling.Unlock()
					last = &s
				}
				if !l.pause(poll) {
					return
				}
			}
		})
	}
}

func (l *Clients) ask(node history.NodeID) cluster.Status {
	ctx, cancel := context.WithTimeout(l.ctx, poll)
	defer cancel()
	s, err := l.Status(ctx, node)
	if err != nil {
		return cluster.Status{}
	}
	return s
}
